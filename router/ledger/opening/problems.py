"""What can be wrong with a ledger's database, and what a person has to do about each."""

from __future__ import annotations

import resource
import shutil
import stat
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct
from sqlalchemy.engine import URL

from router.ledger.engine import name_of

Kind = Literal["locked", "full", "absent", "forbidden", "broken_disk", "corrupt", "newer", "down", "refused"]

REMEDIES: Final[dict[Kind, tuple[str, str]]] = {
    "locked": (
        "is locked by another program",
        "Find it (fuser -v FILE; in PostgreSQL: pg_stat_activity) and end it; nothing is lost meanwhile.",
    ),
    "full": ("cannot grow: its disk is full", "Free some space; recording then goes on by itself."),
    "absent": (
        "is not there",
        "Mount its disk, or restore the backup. To begin an empty one: router ledger upgrade",
    ),
    "forbidden": (
        "may not be opened or written by this user",
        "Correct owner and modes of the file and of its folder, or the rights of the database's user.",
    ),
    "broken_disk": ("cannot be read or written: its disk fails", "Look at the system's log (dmesg)."),
    "corrupt": (
        "is corrupt",
        "A SQLite file is set aside by the process housekeeping, which begins an empty one; restore the "
        "backup if there is one. A PostgreSQL database needs its administrator.",
    ),
    "newer": (
        "was upgraded by a newer version of Lead Router",
        "Start the newer version again, or restore the backup that was taken before the upgrade.",
    ),
    "down": ("does not answer", "Start the database, or correct DATABASE_URL."),
    "refused": ("refuses our user or password", "Correct DATABASE_URL."),
}
"""What is wrong, in words, and the remedy; the ledger is waited for in every case."""

_SQLITE: Final[dict[int, Kind]] = {
    3: "forbidden",
    5: "locked",
    6: "locked",
    8: "forbidden",
    11: "corrupt",
    13: "full",
    23: "forbidden",
    26: "corrupt",
}
"""Kind by SQLite's primary result code: https://www.sqlite.org/rescode.html."""
_POSTGRESQL: Final[dict[str, Kind]] = {
    "08": "down",
    "25006": "forbidden",
    "28": "refused",
    "3D000": "absent",
    "42501": "forbidden",
    "53100": "full",
    "53": "down",
    "55P03": "locked",
    "57014": "locked",
    "57": "down",
    "58": "broken_disk",
    "XX001": "corrupt",
    "XX002": "corrupt",
}
"""Kind by SQLSTATE, or by its class: https://www.postgresql.org/docs/current/errcodes-appendix.html."""
_CANNOT_OPEN, _IO_ERROR = 14, 10
_NEARLY_FULL: Final = 1024 * 1024
"""Free bytes below which a failed write is put down to a full disk."""


class LedgerProblem(Struct, frozen=True):
    """One problem of the database `name`; `detail` is the database's own sentence."""

    kind: Kind
    name: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong, in one sentence."""
        detail = f" ({self.detail})" if self.detail else ""
        return f"The ledger {self.name} {REMEDIES[self.kind][0]}{detail}."

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REMEDIES[self.kind][1]


def problem_of(error: BaseException | None, url: URL) -> LedgerProblem | None:
    """The problem that an error of the database's driver stands for; None for a mistake in a statement."""
    kind = None
    if (code := getattr(error, "sqlite_errorcode", None)) is not None:
        kind = _of_sqlite(int(code) & 0xFF, Path(url.database or ""))
    elif error is not None and type(error).__module__.startswith("psycopg"):
        kind = _of_postgresql(error)
    if kind is None:
        return None
    detail = str(error).strip().partition("\n")[0].rstrip(".")
    return LedgerProblem(kind, name_of(url), detail)


def _of_sqlite(code: int, file: Path) -> Kind | None:
    if code == _CANNOT_OPEN:
        try:
            return "forbidden" if stat.S_ISDIR(file.parent.stat().st_mode) else "absent"
        except PermissionError:
            return "forbidden"
        except OSError:
            return "absent"
    if code == _IO_ERROR:
        return "full" if _free(file.parent) < _NEARLY_FULL or _at_the_limit(file) else "broken_disk"
    return _SQLITE.get(code)


def _of_postgresql(error: BaseException) -> Kind | None:
    state = getattr(error, "sqlstate", None)
    if state is None:
        # No connection, or one that broke; psycopg gives no state when the server refuses it at login either.
        if "password" in str(error) or "role" in str(error) or "pg_hba" in str(error):
            return "refused"
        if "does not exist" in str(error) and "database" in str(error):
            return "absent"
        return "down" if type(error).__name__ in ("OperationalError", "ConnectionTimeout") else None
    return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])


def _free(directory: Path) -> int:
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return 0


def _at_the_limit(file: Path) -> bool:
    """True if the system lets no file of this process grow any more (ulimit -f)."""
    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if most == resource.RLIM_INFINITY:
        return False
    sizes = [one.stat().st_size for one in (file, Path(f"{file}-wal")) if one.exists()]
    return max(sizes, default=0) + _NEARLY_FULL > most
