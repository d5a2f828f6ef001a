"""How the tables of one portal are asked: a query in, rows or values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Column, Connection, Dialect, Insert, Row, Select, String, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from router.ledger.opening.database import Database

AT_A_TIME: Final = 500
"""Most values of one `IN`: older SQLite takes 999 parameters in a statement."""


class _NoIndex(FunctionElement[str]):
    """A plain column on PostgreSQL, and `+column` on SQLite."""

    inherit_cache = True
    type = String()

    def __init__(self, column: Column[Any]) -> None:
        super().__init__(column)


@cache
def no_index(column: Column[Any]) -> _NoIndex:
    """A column in a condition by which SQLite must not choose an index.

    Without statistics SQLite takes any equality for equally selective, also that of a portal with all rows,
    and so reads a whole portal for one contact. PostgreSQL sees the plain column.
    https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_

    There is one for each column: they refer to themselves, so each would wait for the garbage collector.
    """
    return _NoIndex(column)


@compiles(_NoIndex)
def _plain(element: _NoIndex, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_NoIndex, "sqlite")
def _with_plus(element: _NoIndex, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{_plain(element, compiler, **options)}"


class PortalTables:
    """The tables of one database, of which one portal's rows are asked."""

    def __init__(self, database: Database, portal: str) -> None:
        self._database = database
        self._portal = portal

    def add(self, connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
        """Insert the rows that are not there yet, by primary key: two writers never wait for each other."""
        if rows:
            key = [column.name for column in table.primary_key.columns]
            ordered = sorted(rows, key=itemgetter(*key))
            text, names = _insert_text(connection.dialect, table, tuple(rows[0]))
            if names is None:
                connection.exec_driver_sql(text, ordered)
            else:
                connection.exec_driver_sql(text, list(map(itemgetter(*names), ordered)))

    def add_one(self, connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert the row unless it is there; True if it was not."""
        inserted = _insert(connection.dialect, table).values(**row).execution_options(preserve_rowcount=True)
        return connection.execute(inserted).rowcount == 1

    def rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """Every row of the answer."""
        with self._database.connect() as connection:
            return connection.execute(query).all()

    def values(self, query: Select[Any]) -> Sequence[Any]:
        """The first column of every row."""
        with self._database.connect() as connection:
            return connection.execute(query).scalars().all()

    def value(self, query: Select[Any]) -> Any:
        """The first column of the first row; None if there is none."""
        with self._database.connect() as connection:
            return connection.execute(query).scalar()


@lru_cache(maxsize=64)
def _insert_text(
    dialect: Dialect, table: Table, columns: tuple[str, ...]
) -> tuple[str, tuple[str, ...] | None]:
    """The insert in the words of the database, and the order of its values; None where they have names.

    Rows go to the driver as they are: binding each of them once more costs as much as writing it.
    """
    compiled = _insert(dialect, table).compile(dialect=dialect, column_keys=columns)
    return str(compiled), None if compiled.positiontup is None else tuple(compiled.positiontup)


def _insert(dialect: Dialect, table: Table) -> Insert:
    insert = sqlite_insert if dialect.name == "sqlite" else postgresql_insert
    return insert(table).on_conflict_do_nothing()
