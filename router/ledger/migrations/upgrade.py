"""Migrations of the ledger's schema: the list of those to come, and running them under a lock.

Only additions happen here: tables, nullable columns, indexes. Changes in existing rows are made in the
background, by `ledger/rewriting`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
from msgspec import Struct
from sqlalchemy import Connection, Engine

from router.ledger.engine import name_of
from router.ledger.schema import NewerLedger

MIGRATIONS: Final = Path(__file__).parent
LOCK: Final = 0x1EAD_1ED6
"""The number of PostgreSQL's advisory lock; it is one per database."""
LOCK_TIMEOUT: Final = "4s"
"""Longest wait of a table's change for its readers; meanwhile all other access waits behind it."""
SQLITE_WAITS_MS: Final = 600_000
"""Longest wait of other processes for the first one's upgrade; building an index takes minutes at most."""


class Migration(Struct, frozen=True):
    """One step of the schema: its revision, and what it adds."""

    revision: str
    adds: str


def to_come(found: str | None) -> tuple[Migration, ...] | None:
    """Migrations from this revision on, first to last; None if this version does not know the revision."""
    from alembic.script import ScriptDirectory  # here, as only an old ledger needs it

    scripts = ScriptDirectory(str(MIGRATIONS))
    steps = [Migration(one.revision, one.doc.rstrip(".")) for one in scripts.walk_revisions()][::-1]
    known = [one.revision for one in steps]
    if found is None:
        return tuple(steps)
    return tuple(steps[known.index(found) + 1 :]) if found in known else None


def upgrade(engine: Engine, *, waits_ms: int | None = None) -> tuple[Migration, ...]:
    """Run the migrations to come, all or none, and return them.

    Safe to call from several processes at once. Raises `NewerLedger`, or an error of the database; then
    nothing was changed.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext

    began = time.monotonic()
    with _locked(engine, waits_ms=waits_ms or SQLITE_WAITS_MS) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        steps = to_come(found)
        if steps is None:
            raise NewerLedger(engine, str(found))
        if steps:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    if steps:
        structlog.stdlib.get_logger().info(
            "ledger.upgraded",
            database=name_of(engine.url),
            found=found,
            now=steps[-1].revision,
            took_s=round(time.monotonic() - began, 2),
        )
    return steps


@contextmanager
def _locked(engine: Engine, *, waits_ms: int) -> Iterator[Connection]:
    """A transaction under a lock that keeps out the upgrades of other processes."""
    if engine.dialect.name == "sqlite":
        with _locked_sqlite(engine, waits_ms=waits_ms) as connection:
            yield connection
        return
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        yield connection


@contextmanager
def _locked_sqlite(engine: Engine, *, waits_ms: int) -> Iterator[Connection]:
    """A transaction with SQLite's write lock from the start; Python's driver takes it at the first row."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        usual_ms = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={waits_ms}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={usual_ms}")
