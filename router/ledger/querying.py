"""How the tables of one portal are asked: a query in, rows or values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Row, Select, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from router.ledger.opening.database import Database


class PortalTables:
    """The tables of one database, of which one portal's rows are asked."""

    def __init__(self, database: Database, portal: str) -> None:
        self._database = database
        self._portal = portal

    def add(self, connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
        """Insert the rows that are not there yet."""
        if rows:
            connection.execute(_insert(connection, table), rows)

    def add_one(self, connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert the row unless it is there; True if it was not."""
        inserted = _insert(connection, table).values(**row).execution_options(preserve_rowcount=True)
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


def _insert(connection: Connection, table: Table) -> Insert:
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    return insert(table).on_conflict_do_nothing()
