"""The SQL statements that a use of the ledger executes, and how the database finds their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

_SQLITE: Final = re.compile(
    r"(?P<how>SEARCH|SCAN) (?P<table>\w+)(?: USING (?:COVERING )?INDEX (?P<index>\w+))?(?: \((?P<by>.*)\))?"
)
_SQLITE_SORTS: Final = "USE TEMP B-TREE FOR ORDER BY"
"""A sort of everything; "RIGHT PART OF ORDER BY" sorts only rows of one moment."""
_OWN_INDEX: Final = re.compile(r"sqlite_autoindex_(\w+)_1|(\w+)_pkey")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with the parameters of its first row."""

    sql: str
    parameters: Any


@dataclass(frozen=True, slots=True)
class Access:
    """The way to the rows of a table: "" as `index` reads all of it, "" as `by` the whole index.

    The index of a primary key is called `<table>_key` on either database.
    """

    table: str
    index: str
    by: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How a statement finds its rows, and whether it sorts all that it finds."""

    accesses: tuple[Access, ...]
    sorts: bool = False


@contextmanager
def recorded(engine: Engine) -> Iterator[list[Statement]]:
    """The statements that the engine executes meanwhile, without those that concern no table."""
    statements: list[Statement] = []

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        if sql.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            statements.append(Statement(sql, parameters[0] if many else parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plan_of(connection: Connection, statement: Statement) -> Plan:
    """What EXPLAIN says of the statement; it is not executed."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.sql}", statement.parameters).all()
        details = [str(row.detail) for row in rows]
        found = (_SQLITE.match(detail) for detail in details)
        accesses = tuple(_access(one["table"], one["index"], one["by"]) for one in found if one)
        return Plan(accesses, sorts=_SQLITE_SORTS in details)
    explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement.sql}", statement.parameters)
    nodes = list(_nodes(explained.scalar_one()[0]["Plan"]))
    sorts = any(node["Node Type"] == "Sort" for node in nodes)
    return Plan(tuple(access for node in nodes if (access := _of_node(node)) is not None), sorts)


def rows_read(connection: Connection, statement: Statement) -> int:
    """The number of rows that PostgreSQL reads, or of instructions that SQLite runs, for the statement."""
    if connection.dialect.name == "sqlite":
        steps = _Steps()
        raw = connection.connection.dbapi_connection
        raw.set_progress_handler(steps, 1)  # type: ignore[union-attr]
        connection.exec_driver_sql(statement.sql, statement.parameters).all()
        raw.set_progress_handler(None, 1)  # type: ignore[union-attr]
        return steps.count
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.sql}"
    (plan,) = connection.exec_driver_sql(explain, statement.parameters).scalar_one()
    return int(
        sum(
            (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
            for node in _nodes(plan["Plan"])
        )
    )


@dataclass(slots=True)
class _Steps:
    count: int = field(default=0)

    def __call__(self) -> int:
        self.count += 1
        return 0


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for one in plan.get("Plans", ()):
        yield from _nodes(one)


def _of_node(node: Mapping[str, Any]) -> Access | None:
    if "Index Name" in node:
        index = node["Index Name"]
        return _access(node.get("Relation Name", ""), index, node.get("Index Cond"))
    if node["Node Type"].endswith("Seq Scan"):
        return _access(node["Relation Name"], None, None)
    return None


def _access(table: str, index: str | None, by: str | None) -> Access:
    own = _OWN_INDEX.fullmatch(index or "")
    return Access(table, f"{own[1] or own[2]}_key" if own else index or "", by or "")
