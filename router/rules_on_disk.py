"""Reading the rule files of a directory, and a fingerprint that shows when one has changed.

A file that is replaced while it is read is noticed: its size and time are compared before and after. Links
that stay inside the directory are followed, as Kubernetes mounts rule files by them; others are refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from router.rulefiles.load import RULE_FILES
from router.rulefiles.words.catalog_file import CATALOG_FILE
from router.rulefiles.yaml.source import LARGEST_FILE_BYTES

FILES: Final = (*RULE_FILES, CATALOG_FILE)
TESTS: Final = "tests"
TEST_ENDING: Final = ".test.yaml"
MOST_TEST_FILES: Final = 500
LARGEST_CATALOG_BYTES: Final = 16 * 1024 * 1024
"""Large portals have thousands of properties, and lists of countries are long."""
ATTEMPTS: Final = 3
"""Readings of a file that is being written, before the error is raised."""

Fingerprint: TypeAlias = tuple[tuple[str, int, int, int, int], ...]


class RuleFilesUnreadable(Exception):
    """The directory holds no rule files that can be read now; the message names the file and the remedy."""


def read_rule_files(directory: Path) -> Mapping[str, bytes]:
    """The four YAML files, the HubSpot catalog and `tests/*.test.yaml`, by name; all other files are ignored.

    Raises RuleFilesUnreadable for a directory or file that is missing, unreadable, too large (which is found
    out before reading), a link to somewhere else, or changing while it is read; tests may be missing.
    """
    try:
        is_directory = stat.S_ISDIR(directory.stat().st_mode)
    except OSError:
        is_directory = False
    if not is_directory:
        raise RuleFilesUnreadable(f"{directory} is no directory. Set CONFIG_DIR to the folder of team.yaml.")
    try:
        _inside(directory, TESTS)
        tests = _test_files(directory)
    except OSError as error:
        raise RuleFilesUnreadable(
            f"{directory / TESTS} cannot be read: {error.strerror}. Check its permissions, or remove it."
        ) from error
    if len(tests) > MOST_TEST_FILES:
        raise RuleFilesUnreadable(
            f"{directory / TESTS} has {len(tests):,} files, and {MOST_TEST_FILES} is the most. Join some."
        )
    return {name: _content(directory, name) for name in (*FILES, *tests)}


def fingerprint(directory: Path) -> Fingerprint:
    """Name, times of change (ns; of content, of permissions), size (bytes) and inode of each file.

    It stays equal as long as no file changes.
    """
    found = []
    try:
        tests = _test_files(directory)
    except OSError as error:
        tests = ()
        found.append((TESTS, error.errno or -1, 0, 0, 0))  # unreadable tests differ from missing tests
    for name in (*FILES, *tests):
        try:
            status = (directory / name).stat()
        except OSError:
            # A missing file is a state like another: the fingerprint changes when it comes or goes.
            continue
        found.append((name, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino))
    return tuple(found)


def _test_files(directory: Path) -> tuple[str, ...]:
    """The names of the test files, sorted, without hidden files of editors. Raises OSError."""
    try:
        names = [path.name for path in (directory / TESTS).iterdir()]
    except FileNotFoundError:
        return ()
    tests = (name for name in names if name.endswith(TEST_ENDING) and not name.startswith("."))
    return tuple(f"{TESTS}/{name}" for name in sorted(tests))


def _content(directory: Path, name: str) -> bytes:
    for _ in range(ATTEMPTS):
        content = _read_whole(directory, name)
        if content is not None:
            return content
    raise RuleFilesUnreadable(f"{name} keeps changing while it is read. Try again once it is written.")


def _read_whole(directory: Path, name: str) -> bytes | None:
    """The file's bytes; None if it was written meanwhile."""
    path = directory / name
    largest = LARGEST_CATALOG_BYTES if name == CATALOG_FILE else LARGEST_FILE_BYTES
    try:
        with os.fdopen(_open_inside(directory, name), "rb") as file:
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


def _inside(directory: Path, name: str) -> Path:
    """The real place of a name, relative to the directory. Raises RuleFilesUnreadable if it is elsewhere."""
    real, home = (Path(os.path.realpath(path)) for path in (directory / name, directory))
    if not real.is_relative_to(home):
        raise RuleFilesUnreadable(
            f"{directory / name} is a link to {real}, outside of {directory}. Put the file itself there."
        )
    return real.relative_to(home)


def _open_inside(directory: Path, name: str) -> int:
    """A handle of the file, opened step by step, so that no part can become a link after the look at it."""
    *folders, last = _inside(directory, name).parts
    at = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            step = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            at, above = os.open(folder, step, dir_fd=at), at
            os.close(above)
        # Not blocking: opening a named pipe would hang before its kind can be seen.
        return os.open(last, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
    finally:
        os.close(at)
