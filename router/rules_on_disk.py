"""Which rule files lie in a directory, and whether any has changed since.

Whoever replaces a file while it is read is noticed: its size and time are compared before and after.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from router.rulefiles.catalog_file import CATALOG_FILE
from router.rulefiles.load import RULE_FILES
from router.rulefiles.source import LARGEST_FILE_BYTES

FILES: Final = (*RULE_FILES, CATALOG_FILE)
LARGEST_CATALOG_BYTES: Final = 16 * 1024 * 1024
"""Large portals have thousands of properties, and lists of countries are long."""
ATTEMPTS: Final = 3
"""Readings of a file that somebody is writing, before we say so."""

Fingerprint: TypeAlias = tuple[tuple[str, int, int, int], ...]


class RuleFilesUnreadable(Exception):  # noqa: N818 — reads as the sentence that it is
    """The directory holds no rule files that can be read now; the message names the file and the way out."""


def read_rule_files(directory: Path) -> Mapping[str, bytes]:
    """The four YAML files and the HubSpot catalog, by name; everything else in the directory is ignored.

    Raises RuleFilesUnreadable for a directory or file that is missing, unreadable, too large
    (which is found out before reading), or changing under our eyes.
    """
    if not directory.is_dir():
        raise RuleFilesUnreadable(f"{directory} is no directory. Set CONFIG_DIR to the folder of team.yaml.")
    return {name: _content(directory / name) for name in FILES}


def fingerprint(directory: Path) -> Fingerprint:
    """Name, change time (ns), size (bytes) and inode of each rule file: equal while nobody touches one."""
    found = []
    for name in FILES:
        try:
            status = (directory / name).stat()
        except OSError:
            # A missing file is a state like another: the fingerprint changes when it comes or goes.
            continue
        found.append((name, status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)


def _content(path: Path) -> bytes:
    for _ in range(ATTEMPTS):
        content = _read_whole(path)
        if content is not None:
            return content
    raise RuleFilesUnreadable(f"{path.name} keeps changing while it is read. Try again once it is written.")


def _read_whole(path: Path) -> bytes | None:
    """The file's bytes; None if it was written meanwhile."""
    largest = LARGEST_CATALOG_BYTES if path.name == CATALOG_FILE else LARGEST_FILE_BYTES
    try:
        # Not blocking: a named pipe would hang the opening before its kind can be seen.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise RuleFilesUnreadable(f"{path} is no file. Put {path.name} there.")
            if before.st_size > largest:
                size = f"{before.st_size:,} bytes, and {largest:,} is the most"
                raise RuleFilesUnreadable(
                    f"{path.name} is too large: {size}. Shorten it, or split its lists."
                )
            content = file.read(largest + 1)
            after = os.fstat(file.fileno())
    except FileNotFoundError as error:
        hint = "Run 'router pull' to write it." if path.name == CATALOG_FILE else "Copy it from config/."
        raise RuleFilesUnreadable(f"There is no {path.name} in {path.parent}. {hint}") from error
    except OSError as error:
        raise RuleFilesUnreadable(
            f"{path} cannot be read: {error.strerror}. Check its permissions."
        ) from error
    same = (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    return content if same and len(content) == before.st_size else None
