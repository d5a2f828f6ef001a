"""A ledger that cannot be read stops nothing that needs only Redis and HubSpot; later it is used again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
import structlog

from router.bootstrap import ProcessContext
from router.wakeups import Job
from tests.world.checker import check
from tests.world.fleet import WEIGHTS, Fleet, a_fleet, announce_to, health_of, said, until
from tests.world.leads import a_hot_contact
from workers import jobs, process
from workers.schedule import Schedule

PROCESSES = ("worker0", "housekeeping", "cron")
SOMEBODY_ELSE = "71480109"
"""An owner who is no rep of the rules."""


def lock(file: Path) -> Callable[[], object]:
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    return other.close


def put_a_folder_there(file: Path) -> Callable[[], object]:
    aside = file.with_name("aside")
    file.rename(aside)
    file.mkdir()

    def mend() -> None:
        file.rmdir()
        aside.rename(file)

    return mend


def all_owned(fleet: Fleet, ids: list[str]) -> bool:
    return until(lambda: not check(fleet.sandbox, ids, weights=WEIGHTS).lost, within_s=60)


def choices_stand(fleet: Fleet) -> bool:
    """True if every person's choice is on its record."""
    choices = fleet.sandbox.human_choices()
    owners = {one["id"]: one["owner"] for one in fleet.sandbox.contacts(brief=True)}
    return all(owners[str(one["contact"])] == one["owner"] for one in choices)


def test_only_what_needs_the_ledger_waits(
    context: ProcessContext, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = context.services
    monkeypatch.setitem(process._process.contexts, services.portal, context)
    assert Schedule(context).look()  # the book is whole
    jobs.reconcile(services.portal)
    services.ledger.close()
    mend = put_a_folder_there(Path(str(services.ledger.database.url.database)))
    record = '{"at": "2026-11-24T09:15:00+00:00", "kind": "seen"}'
    redis_client.xadd(services.store.keys.outbox, {"kind": "event", "contact": "501", "record": record})
    redis_client.zadd(services.store.keys.verify, {"501": 1})
    for name in Job:
        context.wake_ups.begun(name)

    with structlog.testing.capture_logs() as log:
        asked = Schedule(context).look()
        done = {job: getattr(jobs, job.rpartition(".")[2])(services.portal) for job in asked}
        for _ in range(20):
            jobs.record(services.portal)
    mend()
    services.ledger.database.probe()

    assert asked[:2] == (Job.VERIFY, Job.RECORD), "the schedule asks for everything that it can judge"
    assert {Job.REFRESH, Job.RECONCILE} <= set(asked)
    assert (done[Job.VERIFY], done[Job.RECORD]) == (1, 0)
    assert services.people.owners.last_known(), "owners were read from HubSpot"
    of_record = [one for one in log if one["event"] == "job.snoozed" and one["job"] == Job.RECORD]
    assert len(of_record) <= 2, "one line a minute, by kind of error"
    assert jobs.record(services.portal) == 1


@pytest.mark.parametrize("damage", [lock, put_a_folder_there])
def test_choices_are_given_back_while_the_ledger_cannot_be_used(
    tmp_path: Path, damage: Callable[[Path], Callable[[], object]]
) -> None:
    with a_fleet(tmp_path, workers=1) as fleet:
        announce_to(fleet, duplicates=0.0)
        assert all_owned(fleet, fleet.sandbox.create_exactly([a_hot_contact()]))
        assert until(lambda: fleet.redis.xlen(fleet.keys.outbox) == 0, within_s=60), fleet.logs()
        mend = damage(tmp_path / "var" / "ledger.sqlite3")
        for name in PROCESSES:
            fleet.kill(name)
        fleet.sandbox.overtake(rate=1.0, owner=SOMEBODY_ELSE)

        ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(5)])
        assert until(lambda: len(fleet.sandbox.human_choices()) >= 5, within_s=60), fleet.logs()
        given_back = until(lambda: choices_stand(fleet), within_s=30)
        told = until(lambda: bool(said(fleet, "ledger_unusable")), within_s=30)
        status, report = health_of(fleet)
        waiting = fleet.redis.xlen(fleet.keys.outbox)
        mend()
        recorded = until(lambda: fleet.redis.xlen(fleet.keys.outbox) == 0, within_s=60)

        assert ids
        assert given_back, fleet.logs()
        assert told
        assert (status, report["status"]) == (200, "degraded"), report["findings"]
        assert waiting > 0
        assert recorded, fleet.logs()
        assert fleet.respawns == len(PROCESSES), "they waited, and did not die"
        logs = "".join(path.read_text() for path in tmp_path.glob("*.log"))
        assert "Traceback" not in logs
        assert 1 <= logs.count('"ledger.unusable"') <= 4
        assert until(lambda: not said(fleet, "ledger_unusable"), within_s=30)


def test_a_corrupt_ledger_is_replaced_while_everything_goes_on(tmp_path: Path) -> None:
    with a_fleet(tmp_path, workers=1) as fleet:
        announce_to(fleet, duplicates=0.0)
        assert all_owned(fleet, fleet.sandbox.create_exactly([a_hot_contact()]))
        assert until(lambda: fleet.redis.xlen(fleet.keys.outbox) == 0, within_s=60), fleet.logs()
        file = tmp_path / "var" / "ledger.sqlite3"
        file.write_bytes(b"garbage" * 4_000)
        for name in ("-wal", "-shm"):
            Path(f"{file}{name}").unlink(missing_ok=True)
        for name in PROCESSES:
            fleet.kill(name)

        ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(5)])

        assert all_owned(fleet, ids), fleet.logs()
        assert until(lambda: bool(said(fleet, "ledger_set_aside")), within_s=60), fleet.logs()
        assert until(lambda: fleet.redis.xlen(fleet.keys.outbox) == 0, within_s=60), fleet.logs()
        assert fleet.respawns == len(PROCESSES)
        with sqlite3.connect(file) as connection:
            found = {row[0] for row in connection.execute("SELECT contact_id FROM decisions")}
        assert found == set(ids), "what was lost is not invented"
