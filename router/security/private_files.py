"""Files and folders that only we may read: made so, and closed where an older version left them open."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

OF_OTHERS: Final = 0o077
"""The permissions of a file's group and of everybody else."""
_OUR_NAMES: Final = ("ledger.sqlite3", "valkey")
"""How the names of everything in VAR_DIR begin."""


class NotPrivate(Exception):
    """Other users of this machine could read or change our files; the message says where, and the remedy."""


def close_var(directory: Path) -> None:
    """Take VAR_DIR and our files in it from all other users; nothing happens before it is there.

    A folder that is also somebody's home, work place or temporary folder keeps its mode; our files in it are
    closed all the same. Raises `NotPrivate` for a folder of another user, or one that others write into.
    """
    try:
        status = directory.stat()
    except (FileNotFoundError, NotADirectoryError):
        return
    if os.geteuid() != 0 and status.st_uid not in (os.geteuid(), 0):
        raise NotPrivate(f"{directory} belongs to another user. Set VAR_DIR to a folder of your own.")
    if status.st_uid == os.geteuid() and _is_ours_alone(directory, status):
        directory.chmod(stat.S_IMODE(status.st_mode) & ~OF_OTHERS)
    elif status.st_mode & stat.S_IWOTH:
        raise NotPrivate(
            f"Everybody can write into {directory}. Set VAR_DIR to a folder below it, such as "
            f"{directory / 'lead-router'}, which is made for us alone."
        )
    for path in directory.iterdir():
        if path.name.startswith(_OUR_NAMES):
            close(path)


def close(path: Path) -> None:
    """Take a file, or a folder and all in it, from other users; links and others' files stay as they are."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags)
    except OSError:  # a link, a socket, gone, or not ours to read
        return
    try:
        status = os.fstat(handle)
        if status.st_uid == os.geteuid() and status.st_mode & OF_OTHERS:
            os.fchmod(handle, stat.S_IMODE(status.st_mode) & ~OF_OTHERS)
    finally:
        os.close(handle)
    if stat.S_ISDIR(status.st_mode):
        with suppress(OSError):
            for inside in path.iterdir():
                close(inside)


def own_directory(path: Path) -> None:
    """Make a folder for us alone, or close the one that is there. Raises `NotPrivate` for a link, and for one
    of another user.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotPrivate(f"{path} is a link, and may lead to files of another user. Remove it.")
    if status.st_uid != os.geteuid():
        raise NotPrivate(f"{path} belongs to another user, who could read and change what we keep there.")
    close(path)


def open_own(path: Path, flags: int) -> int:
    """A handle of a file for us alone, made if need be. Raises `NotPrivate` for a link, and for no file."""
    flags |= os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o600)
    except OSError as error:
        if path.is_symlink():
            raise NotPrivate(
                f"{path} is a link, and may lead to files of another user. Remove it."
            ) from error
        raise
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        os.close(handle)
        raise NotPrivate(f"{path} is no file of ours. Remove it.")
    os.fchmod(handle, 0o600)
    return handle


def write_report(path: Path, text: str) -> None:
    """Write a file with facts of leads; a new one is readable for its owner alone. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _is_ours_alone(directory: Path, status: os.stat_result) -> bool:
    """False for a folder that others need, too: a sticky one, a home, a work place, and what is above it."""
    if status.st_mode & stat.S_ISVTX:
        return False
    inside = list(directory.iterdir())
    ours = [path for path in inside if path.name.startswith(_OUR_NAMES)]
    if len(ours) == len(inside):
        return True
    here = Path(os.path.realpath(directory))
    if any(
        Path(os.path.realpath(path)).is_relative_to(here) for path in (Path.cwd(), Path("~").expanduser())
    ):
        return False
    # Root's folders are everybody's (/opt, /var/lib), except one in which we keep something and nobody else.
    return os.geteuid() != 0 or (bool(ours) and all(path.lstat().st_uid == 0 for path in inside))
