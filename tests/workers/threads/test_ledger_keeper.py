"""Housekeeping looks after the ledger: it sets aside what is corrupt, and waits for everything else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import redis
from msgspec.structs import replace

from router.bootstrap import ProcessContext
from router.routing.outbox.record import record_outbox
from router.store.health.progress import ProgressBoard
from tests.world.well import sentences_of
from workers.threads import ledger_keeper


@pytest.fixture
def keeper(guarded: ProcessContext, redis_client: redis.Redis) -> ProcessContext:
    """The context of housekeeping."""
    board = ProgressBoard(redis_client, guarded.services.store.keys, role="housekeeping")
    return replace(guarded, progress=board)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "ledger.sqlite3"


def note_a_line(keeper: ProcessContext, client: redis.Redis) -> None:
    record = '{"at": "2026-11-24T09:15:00+00:00", "kind": "seen"}'
    client.xadd(keeper.services.store.keys.outbox, {"kind": "event", "contact": "501", "record": record})


def test_a_sound_ledger_is_reported_as_usable(keeper: ProcessContext, redis_client: redis.Redis) -> None:
    assert ledger_keeper.look(keeper) is None
    assert sentences_of(redis_client, keeper.services.store.keys, "ledger_unusable") == ()


def test_a_corrupt_ledger_is_set_aside_and_what_waits_is_recorded_in_a_new_one(
    keeper: ProcessContext, redis_client: redis.Redis, file: Path
) -> None:
    keys = keeper.services.store.keys
    ledger_keeper.look(keeper)
    keeper.services.ledger.close()
    for companion in ("-wal", "-shm"):
        Path(f"{file}{companion}").unlink(missing_ok=True)
    file.write_bytes(b"garbage" * 4_000)
    note_a_line(keeper, redis_client)

    problem = ledger_keeper.look(keeper)
    recorded = record_outbox(keeper.services)

    assert (problem, recorded) == (None, 1)
    assert len(keeper.services.ledger.events_of("501")) == 1
    (aside,) = file.parent.glob("*.corrupt-*")
    assert aside.read_bytes() == b"garbage" * 4_000
    (sentence,) = sentences_of(redis_client, keys, "ledger_set_aside")
    assert aside.name in sentence
    aside.rename(aside.with_name("looked-at"))
    ledger_keeper.look(keeper)
    assert sentences_of(redis_client, keys, "ledger_set_aside") == (), "a person has taken it away"


def test_a_locked_ledger_is_waited_for_and_said(
    keeper: ProcessContext, redis_client: redis.Redis, file: Path
) -> None:
    ledger_keeper.look(keeper)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    note_a_line(keeper, redis_client)

    problem = ledger_keeper.look(keeper)
    (sentence,) = sentences_of(redis_client, keeper.services.store.keys, "ledger_unusable")
    other.close()
    mended = ledger_keeper.look(keeper)

    assert problem is not None
    assert problem.kind == "locked"
    assert "is locked by another program" in sentence
    assert "1 entries wait for it" in sentence
    assert mended is None
    assert not list(file.parent.glob("*.corrupt-*"))


def test_a_ledger_that_disappears_is_not_begun_anew(keeper: ProcessContext, file: Path) -> None:
    ledger_keeper.look(keeper)
    keeper.services.ledger.close()
    aside = file.with_name("unmounted")
    file.rename(aside)

    problem = ledger_keeper.look(keeper)
    was_made = file.exists()
    aside.rename(file)

    assert problem is not None
    assert (problem.kind, was_made) == ("absent", False)
    assert ledger_keeper.look(keeper) is None
