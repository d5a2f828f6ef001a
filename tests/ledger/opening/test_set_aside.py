"""A corrupt SQLite ledger is set aside, and only that; an empty one begins."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

import pytest

from router.ledger import open_ledger
from router.ledger.opening.set_aside import files_set_aside, set_aside_if_corrupt
from tests.world.time import NOW

PORTAL = "4242"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A ledger with some rows."""
    file = tmp_path / "ledger.sqlite3"
    ledger = open_ledger(url(file), PORTAL)
    rows = [(f"{n}-0", str(n), {"at": "2026-11-24", "kind": "seen"}) for n in range(1, 600)]
    ledger.record([], rows)
    ledger.close()
    return file


def url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.mark.parametrize("how", ["garbage", "cut in half", "a page in the middle"])
def test_a_corrupt_file_is_kept_under_another_name_and_an_empty_ledger_begins(file: Path, how: str) -> None:
    content = file.read_bytes()
    broken = {
        "garbage": b"garbage" * 4_000,
        "cut in half": content[: len(content) // 2],
        "a page in the middle": content[:8192] + b"\xff" * 16_384 + content[8192 + 16_384 :],
    }[how]
    file.write_bytes(broken)

    aside = set_aside_if_corrupt(url(file), now=NOW)

    assert aside is not None
    assert aside.read_bytes() == broken
    assert files_set_aside(url(file)) == (aside.name,)
    ledger = open_ledger(url(file), PORTAL)
    assert ledger.events_of("1") == (), "no row is invented"
    ledger.close()
    assert set_aside_if_corrupt(url(file), now=NOW) is None


def test_a_sound_ledger_stays(file: Path) -> None:
    assert set_aside_if_corrupt(url(file), now=NOW) is None
    assert files_set_aside(url(file)) == ()
    assert len(open_ledger(url(file), PORTAL).events_of("1")) == 1


def test_a_locked_ledger_is_no_corrupt_one(file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA journal_mode=DELETE")
    other.execute("BEGIN EXCLUSIVE")

    assert set_aside_if_corrupt(url(file), now=NOW) is None
    other.close()


def test_a_folder_a_missing_file_and_a_server_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    for one in (url(tmp_path / "folder"), url(tmp_path / "missing"), "postgresql://nobody@127.0.0.1:1/x"):
        assert set_aside_if_corrupt(one, now=NOW) is None
        assert files_set_aside(one) == ()


def test_only_one_process_at_a_time_sets_it_aside(file: Path) -> None:
    file.write_bytes(b"garbage" * 4_000)
    lock = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)

    meanwhile = set_aside_if_corrupt(url(file), now=NOW)
    os.close(lock)

    assert meanwhile is None
    assert set_aside_if_corrupt(url(file), now=NOW) is not None
