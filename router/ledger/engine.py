"""Connections to the ledger's database, and the database's name for messages."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from router.security.private_files import close

BUSY_TIMEOUT_MS: Final = 10_000


def engine_of(url: str) -> Engine:
    """Engine for a database URL (`sqlite:///…` or `postgresql://…`); no connection is opened yet."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        _own_file(Path(parsed.database))
    engine = create_engine(parsed, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
    return engine


def _own_file(path: Path) -> None:
    """A database that only we can read; SQLite gives the files beside it (-wal, -shm) the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):  # SQLite names what is wrong when it opens the file
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


def _tune_sqlite(connection: Any, _record: object) -> None:
    """Set SQLite up so that readers never wait for the writer, and records survive a power cut."""
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
