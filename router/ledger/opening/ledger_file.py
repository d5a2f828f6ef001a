"""Which file a SQLite ledger is now: it may be missing, or another one than before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError


class LedgerFile:
    """The file behind `engine`. No connection to a file that was set aside is used again.

    A server's database has no file: it is never missing, and always the same.
    """

    def __init__(self, engine: Engine) -> None:
        self._path = _sqlite_path(engine.url)
        if self._path is not None:
            event.listen(engine, "connect", self._remember)
            event.listen(engine, "checkout", self._refuse_another)

    @property
    def is_missing(self) -> bool:
        """True if the file is known not to be there."""
        try:
            return self._path is not None and not self._path.exists()
        except OSError:  # no right to look into its folder
            return False

    @property
    def inode(self) -> int | None:
        """The file's number on its disk; None if there is no file, 0 for a server's database."""
        if self._path is None:
            return 0
        try:
            return self._path.stat().st_ino
        except OSError:
            return None

    def _remember(self, _connection: Any, record: Any) -> None:
        record.info["inode"] = self.inode

    def _refuse_another(self, _connection: Any, record: Any, _proxy: Any) -> None:
        """A file that was set aside must not be written any more; the pool opens the present one."""
        if record.info.get("inode") != self.inode:
            raise DisconnectionError("The ledger's file was replaced.")


def _sqlite_path(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))
