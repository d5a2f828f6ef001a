"""Rewriting of stored rows for a new schema, in the background and in small batches.

Until all rows are rewritten, readers accept both forms. The rows themselves show which are left, so nothing
is lost when a process is killed, and rows that an earlier version still writes are rewritten as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Connection, Engine, Row, Table, bindparam, func, select, update

from router.ledger.opening.database import Database
from router.ledger.rewriting.book_changes import LACKING, book_changes_of
from router.ledger.tables import DECISIONS

ROWS_AT_A_TIME: Final = 1_000
LONGEST_S: Final = 2.0
"""A batch ends after this many rows or, if they are large, this many seconds of work."""


class Rewriting(Struct, frozen=True):
    """One change of rows. `lacking` holds for the rows that are left, and must be answered by an index."""

    name: str
    table: Table
    lacking: ColumnElement[bool]
    reads: tuple[Column[Any], ...]
    rewrite: Callable[[Row[Any]], Mapping[str, Any]]
    """Function from a row to its new values. It must not raise: a row without the data gets empty values."""


class RewritingProgress(Struct, frozen=True):
    """Progress of one rewriting: rows left, and rows in all."""

    name: str
    left: int
    rows: int


class Rewritten(Struct, frozen=True):
    """Result of one transaction. `rows` is 0 if other processes had rewritten them already."""

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

    def __init__(self, engine: Engine | Database, rewritings: Sequence[Rewriting] = REWRITINGS) -> None:
        self._engine = engine
        self._rewritings = rewritings

    def pending(self) -> bool:
        """True if any row is left; it costs one look into an index for each rewriting."""
        with self._engine.connect() as connection:
            return any(
                connection.execute(select(one.table.c[_key(one)]).where(one.lacking).limit(1)).first()
                for one in self._rewritings
            )

    def progress(self) -> tuple[RewritingProgress, ...]:
        """Progress of each rewriting. It counts rows, which takes seconds per million."""
        with self._engine.connect() as connection:
            return tuple(
                RewritingProgress(
                    one.name,
                    left=connection.execute(_count(one.table).where(one.lacking)).scalar_one(),
                    rows=connection.execute(_count(one.table)).scalar_one(),
                )
                for one in self._rewritings
            )

    def rewrite_some(self, *, rows: int = ROWS_AT_A_TIME, longest_s: float = LONGEST_S) -> Rewritten | None:
        """Rewrite some rows in one short transaction; None if none is left or other processes hold those."""
        for one in self._rewritings:
            began = time.monotonic()
            with self._engine.begin() as connection:
                values = _new_values(connection, one, rows=rows, ends_at=began + longest_s)
                changed = _write(connection, one, values) if values else 0
            if values:
                return Rewritten(one.name, changed, round(time.monotonic() - began, 3))
        return None


def _new_values(connection: Connection, one: Rewriting, *, rows: int, ends_at: float) -> list[dict[str, Any]]:
    """New values of the first rows left; PostgreSQL skips rows that another transaction has locked."""
    key = one.table.c[_key(one)]
    query = select(key.label("row_key"), *one.reads).where(one.lacking).order_by(key).limit(rows)
    values: list[dict[str, Any]] = []
    for row in connection.execute(query.with_for_update(skip_locked=True)).all():
        values.append({"row_key": row.row_key, **one.rewrite(row)})
        if time.monotonic() >= ends_at:
            break
    return values


def _write(connection: Connection, one: Rewriting, values: Sequence[dict[str, Any]]) -> int:
    """Write values where they are still lacking: on SQLite another process, or an erasure, may be first."""
    names = [name for name in values[0] if name != "row_key"]
    rows = update(one.table).where(one.table.c[_key(one)] == bindparam("row_key"), one.lacking)
    statement = rows.values({name: bindparam(name) for name in names})
    return connection.execute(statement, list(values)).rowcount


def _key(one: Rewriting) -> str:
    (key,) = one.table.primary_key.columns
    return key.name


def _count(table: Table) -> Any:
    return select(func.count()).select_from(table)
