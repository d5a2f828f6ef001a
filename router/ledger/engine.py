"""Connections to the ledger's database, and the database's name for messages."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from router.security.private_files import close

BUSY_TIMEOUT_MS: Final = 10_000
_POSTGRESQL: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
"""A server that is gone is noticed within seconds, rather than after the system's minutes or hours."""


def engine_of(url: str | URL, *, patience_ms: Callable[[], int] = lambda: BUSY_TIMEOUT_MS) -> Engine:
    """Engine for a database URL (`sqlite:///…` or `postgresql://…`); no connection is opened yet.

    `patience_ms` is asked at each use of a connection how long SQLite waits for a lock.
    """
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    is_sqlite = parsed.get_backend_name() == "sqlite"
    engine = create_engine(parsed, pool_pre_ping=True, connect_args={} if is_sqlite else _POSTGRESQL)
    if is_sqlite:
        event.listen(engine, "do_connect", lambda _dialect, _record, args, _named: _own_file(Path(args[0])))
        event.listen(engine, "connect", lambda connection, _: _tune_sqlite(connection, patience_ms()))
        event.listen(engine, "checkout", lambda connection, *_: _be_patient(connection, patience_ms()))
    return engine


def _own_file(path: Path) -> None:
    """A database that only we can read; SQLite gives the files beside it (-wal, -shm) the same mode."""
    with suppress(OSError):  # SQLite names what is wrong when it opens the file
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for one in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))):
        close(one)


def name_of(url: URL) -> str:
    """Name of the database in messages: its file, or its name and host; never a user or a password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host") or "localhost"
    host = host if isinstance(host, str) else ", ".join(host)
    return f"{url.database} on {host}{f':{url.port}' if url.port else ''}"


def _be_patient(connection: Any, wait_ms: int) -> None:
    """For every use of a connection: how long it waits, and large sorts of reports on the disk."""
    connection.execute(f"PRAGMA busy_timeout={wait_ms}")
    connection.execute("PRAGMA temp_store=DEFAULT")


def begin_writing(connection: Connection) -> None:
    """Begin a transaction that has SQLite's write lock from the start; PostgreSQL's has begun.

    SQLite can take back every row whose trigger fails, and keeps what that needs in memory until the end of
    the transaction: in a file it would cost more than the row.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _tune_sqlite(connection: Any, wait_ms: int) -> None:
    """Set SQLite up so that readers never wait for the writer, and records survive a power cut."""
    for pragma in (
        f"busy_timeout={wait_ms}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
