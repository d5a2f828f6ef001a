"""Stored rows that a new schema wants to have changed, in the background and bite by bite.

Until its rows are through, readers take both forms. Which rows are left is asked of the rows themselves, so
nothing is lost when a process is killed, and what an earlier version still writes is rewritten as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Engine, Row, Table, bindparam, func, select, update

from router.ledger.rewriting.book_changes import LACKING, book_changes_of
from router.ledger.tables import DECISIONS

ROWS_AT_A_TIME: Final = 1_000
LONGEST_S: Final = 2.0
"""A bite ends after so many rows or, if they are large, so many seconds of work."""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """One change of rows. `lacking` holds for the rows that are left, and is what an index answers."""

    name: str
    table: Table
    lacking: ColumnElement[bool]
    reads: tuple[Column[Any], ...]
    rewrite: Callable[[Row[Any]], Mapping[str, Any]]
    """The new values of a row. It must not raise: a row that says nothing gets empty values."""


@dataclass(frozen=True, slots=True)
class RewritingProgress:
    """How many rows are left of how many."""

    name: str
    left: int
    rows: int


@dataclass(frozen=True, slots=True)
class Bite:
    """What one transaction has rewritten. `rows` is 0 where other processes were faster."""

    name: str
    rows: int
    took_s: float


REWRITINGS: Final = (
    Rewriting(
        "book_changes",
        DECISIONS,
        LACKING,
        (DECISIONS.c.record,),
        lambda row: {"book_changes": book_changes_of(row.record)},
    ),
)
"""Every rewriting that a ledger may still need, oldest first."""


class Rewrites:
    """The rewriting of one database, for all portals in it. Safe to run by several processes at once."""

    def __init__(self, engine: Engine, rewritings: Sequence[Rewriting] = REWRITINGS) -> None:
        self._engine = engine
        self._rewritings = rewritings

    def pending(self) -> bool:
        """Whether any row is left: one look into an index for each rewriting."""
        with self._engine.connect() as connection:
            return any(
                connection.execute(select(one.table.c[_key(one)]).where(one.lacking).limit(1)).first()
                for one in self._rewritings
            )

    def progress(self) -> tuple[RewritingProgress, ...]:
        """How far each rewriting is. It counts rows: seconds per million."""
        with self._engine.connect() as connection:
            return tuple(
                RewritingProgress(
                    one.name,
                    left=connection.execute(_count(one.table).where(one.lacking)).scalar_one(),
                    rows=connection.execute(_count(one.table)).scalar_one(),
                )
                for one in self._rewritings
            )

    def bite(self, *, rows: int = ROWS_AT_A_TIME, longest_s: float = LONGEST_S) -> Bite | None:
        """Rewrite some rows in one short transaction; None if none is left, or others have those in hand."""
        for one in self._rewritings:
            began = time.monotonic()
            with self._engine.begin() as connection:
                values = _new_values(connection, one, rows=rows, ends_at=began + longest_s)
                changed = _write(connection, one, values) if values else 0
            if values:
                return Bite(one.name, changed, round(time.monotonic() - began, 3))
        return None


def _new_values(connection: Connection, one: Rewriting, *, rows: int, ends_at: float) -> list[dict[str, Any]]:
    """Values of the first rows that are left and, on PostgreSQL, that no other transaction has locked."""
    key = one.table.c[_key(one)]
    query = select(key.label("row_key"), *one.reads).where(one.lacking).order_by(key).limit(rows)
    values: list[dict[str, Any]] = []
    for row in connection.execute(query.with_for_update(skip_locked=True)).all():
        values.append({"row_key": row.row_key, **one.rewrite(row)})
        if time.monotonic() >= ends_at:
            break
    return values


def _write(connection: Connection, one: Rewriting, values: Sequence[dict[str, Any]]) -> int:
    """Write them where they are still lacking: on SQLite another process, or an erasure, may be first."""
    names = [name for name in values[0] if name != "row_key"]
    rows = update(one.table).where(one.table.c[_key(one)] == bindparam("row_key"), one.lacking)
    statement = rows.values({name: bindparam(name) for name in names})
    return connection.execute(statement, list(values)).rowcount


def _key(one: Rewriting) -> str:
    (key,) = one.table.primary_key.columns
    return key.name


def _count(table: Table) -> Any:
    return select(func.count()).select_from(table)
