"""Setting a corrupt SQLite ledger aside and beginning an empty one; no row is invented."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.engine import URL

from router.ledger.engine import engine_of
from router.ledger.schema import bring_up_to_date

MARK: Final = ".corrupt-"
"""What stands between the ledger's name and the moment at which it was set aside."""
_COMPANIONS: Final = ("-wal", "-shm", "-journal")


def set_aside_if_corrupt(url: str | URL, *, now: datetime) -> Path | None:
    """Rename the SQLite file if `PRAGMA integrity_check` finds it corrupt, and begin an empty ledger.

    The new name of the old file, or None if it is sound, not SQLite, or another process is at it. A file that
    cannot be opened, or is locked, is no corrupt one. Raises `OSError` if it cannot be renamed.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    file = Path(parsed.database)
    with _alone(file) as alone:
        if not alone or not file.is_file() or is_sound(file):
            return None
        aside = file.with_name(f"{file.name}{MARK}{now:%Y%m%dT%H%M%S}")
        for companion in ("", *_COMPANIONS):
            with suppress(FileNotFoundError):
                Path(f"{file}{companion}").rename(f"{aside}{companion}")
        engine = engine_of(url)
        try:
            bring_up_to_date(engine)
        finally:
            engine.dispose()
        return aside


def files_set_aside(url: str | URL) -> tuple[str, ...]:
    """Names of the corrupt ledgers beside the present one, oldest first; a person moves them away."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return ()
    file = Path(parsed.database)
    found = (one.name for one in file.parent.glob(f"{file.name}{MARK}*"))
    return tuple(sorted(name for name in found if not name.endswith(_COMPANIONS)))


def is_sound(file: Path) -> bool:
    """False only if SQLite itself says that the content is wrong."""
    try:
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=1.0)
        try:
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def _alone(file: Path) -> Iterator[bool]:
    """True while no other process checks the same file."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    lock = os.open(f"{file}.lock", flags, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(lock)
