"""The processes as an operator meets them: odd jobs, lost queues, wrong tokens, no Redis, SIGTERM."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from router.wakeups import leads_queue
from tests.world.checker import check
from tests.world.fleet import PORTAL, WEIGHTS, Fleet, a_fleet, announce_to, health_of, until
from tests.world.leads import a_hot_contact
from workers.__main__ import RENAMED, ROLES

NIGHT = "night: {at: 00:00}\n"
"""The run of the night is due at every hour."""


def all_owned(fleet: Fleet, ids: list[str], *, within_s: float = 60) -> bool:
    return until(lambda: not check(fleet.sandbox, ids, weights=WEIGHTS).lost, within_s=within_s)


def shares(fleet: Fleet) -> dict[str, int]:
    fields = fleet.redis.hgetall(fleet.keys.book)
    return {name: int(value) for name, value in fields.items() if name.startswith(("credit:", "served:"))}


def served(book: dict[str, int]) -> int:
    return sum(value for name, value in book.items() if name.startswith("served:"))


@pytest.fixture
def fleet(tmp_path: Path):  # type: ignore[no-untyped-def]
    with a_fleet(tmp_path, workers=1, routing=NIGHT) as running:
        yield running


@pytest.mark.parametrize(("role", "runs"), [("night", "housekeeping"), ("housekeeping", "housekeeping")])
def test_a_procfile_of_an_older_version_still_starts_housekeeping(role: str, runs: str) -> None:
    assert RENAMED.get(role, role) == runs
    assert runs in ROLES


def test_a_job_that_is_not_ours_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    mark = tmp_path / "was_here"
    queue = Queue(
        leads_queue(PORTAL), connection=redis.Redis.from_url(fleet.valkey.url), serializer=JSONSerializer
    )
    job = queue.enqueue("os.system", f"touch {mark}")

    refused = until(lambda: job.get_status() == "failed", within_s=60)

    assert refused
    assert not mark.exists()
    assert "ForbiddenJob" in str(job.latest_result().exc_string)


def test_losing_every_wake_up_costs_seconds_and_no_lead(fleet: Fleet) -> None:
    ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(20)], announce=False)
    for contact_id in ids:
        fleet.redis.xadd(fleet.keys.inbox, {"c": contact_id, "t": int(time.time() * 1000)})
    for key in fleet.redis.scan_iter("rq:queue*"):
        fleet.redis.delete(key)

    assert all_owned(fleet, ids)


def test_an_emptied_redis_goes_on_working(fleet: Fleet) -> None:
    announce_to(fleet)
    before = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(20)])
    assert all_owned(fleet, before)
    owners = {one["id"]: one["owner"] for one in fleet.sandbox.contacts(brief=True)}
    assert until(lambda: fleet.redis.xlen(fleet.keys.outbox) == 0, within_s=60)
    book = shares(fleet)
    forgotten = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(5)], announce=False)

    fleet.redis.flushall()
    after = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(20)])

    assert all_owned(fleet, after)
    assert all_owned(fleet, forgotten), "what waited in the inbox is found by search"
    assert {one["id"]: one["owner"] for one in fleet.sandbox.contacts(*before, brief=True)} == owners
    assert until(lambda: all(fleet.redis.exists(fleet.keys.lead(one)) for one in before), within_s=60)
    assert shares(fleet).keys() == book.keys()
    assert served(shares(fleet)) == served(book) + len(after) + len(forgotten)


def test_a_wrong_token_pauses_everything_loudly_and_a_right_one_resumes(fleet: Fleet) -> None:
    announce_to(fleet, duplicates=0.0)
    fleet.sandbox.settings(token="pat-eu1-rotated")
    ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(5)])

    told = until(lambda: health_of(fleet)[1].get("pause") is not None, within_s=60)
    status, shown = health_of(fleet)
    fleet.sandbox.settings(token=fleet.sandbox.token)

    assert told
    assert status == 503
    assert "401" in str(shown["pause"])
    assert all_owned(fleet, ids, within_s=60), fleet.logs()
    assert health_of(fleet)[1]["pause"] is None


def test_what_a_person_does_in_hubspot_is_seen_within_seconds(fleet: Fleet) -> None:
    announce_to(fleet, properties=("hubspot_owner_id", "hs_lead_status"))
    (contact_id,) = fleet.sandbox.create_exactly([a_hot_contact()])
    assert until(lambda: fleet.redis.hget(fleet.keys.lead(contact_id), "st") == "done", within_s=60)
    counts_with = str(fleet.redis.hget(fleet.keys.lead(contact_id), "op"))
    assert int(fleet.redis.hget(fleet.keys.book, counts_with)) == 1

    fleet.sandbox.edit_by_hand(contact_id, status="UNQUALIFIED")

    assert until(lambda: fleet.redis.hget(fleet.keys.book, counts_with) == "0", within_s=30), fleet.logs()
    assert int(fleet.redis.hget(fleet.keys.counts, "events_changed")) <= 2  # ours makes no work


def test_a_privacy_deletion_leaves_no_trace_within_a_minute(fleet: Fleet) -> None:
    announce_to(fleet, duplicates=0.0)
    (contact_id,) = fleet.sandbox.create_exactly([a_hot_contact()])
    assert all_owned(fleet, [contact_id])
    ledger = Path(fleet.environment["VAR_DIR"]) / "ledger.sqlite3"
    assert until(lambda: _mentions(ledger.parent, contact_id), within_s=60), "it was in the ledger"

    fleet.sandbox.delete(contact_id, privacy=True)
    journal = fleet.directory / "valkey" / "appendonlydir"

    def forgotten() -> bool:
        return not (
            _keys_with(fleet, contact_id)
            or fleet.redis.smembers(fleet.keys.erasures)
            or _mentions(ledger.parent, contact_id)
            or _mentions(journal, contact_id)
        )

    assert until(forgotten, within_s=60)


def test_the_ledger_learns_what_happened_and_cron_reports_progress(fleet: Fleet) -> None:
    announce_to(fleet, duplicates=0.0)
    ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(5)])
    assert all_owned(fleet, ids)

    assert until(lambda: fleet.redis.xlen(fleet.keys.outbox) == 0, within_s=60)
    roles = {name.split()[0] for name in fleet.redis.hkeys(fleet.keys.progress)}
    assert roles == {"worker", "housekeeping", "cron"}


def test_a_contact_that_no_webhook_announced_is_found(fleet: Fleet) -> None:
    """The night's run catches up at once when it was missed; a sandbox contact is younger than the portal."""
    assert until(lambda: fleet.redis.hget(fleet.keys.night, "born") is not None, within_s=60)
    ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(5)], announce=False)
    for day in fleet.redis.hkeys(fleet.keys.night):
        if day != "born":
            fleet.redis.hdel(fleet.keys.night, day)
    for name in ("cron", "housekeeping"):
        fleet.kill(name)

    assert all_owned(fleet, ids, within_s=60)


def test_a_worker_that_is_asked_to_stop_finishes_its_batch(tmp_path: Path) -> None:
    with a_fleet(tmp_path, workers=1) as fleet:
        fleet.sandbox.settings(latency_ms=400)
        announce_to(fleet, duplicates=0.0)
        ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(50)])
        assert until(lambda: bool(fleet.redis.exists(fleet.keys.lead(ids[0]))), within_s=60)
        worker = fleet.running["worker0"]

        worker.send_signal(signal.SIGTERM)
        code = worker.wait(timeout=60)

        assert code == 0
        pending = fleet.redis.xpending(fleet.keys.inbox, "routers")["pending"]
        assert pending == 0, fleet.logs()


def test_processes_wait_for_a_redis_that_is_not_there_yet(tmp_path: Path) -> None:
    with a_fleet(tmp_path, workers=1) as fleet:
        announce_to(fleet, duplicates=0.0)
        fleet.valkey.kill()
        for name in ("worker0", "housekeeping", "cron"):
            fleet.kill(name)
        ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(5)])
        assert until(lambda: fleet.respawns >= 3, within_s=60)
        refused = until(lambda: "503" in fleet.sandbox.deliveries()["statuses"], within_s=60)

        fleet.valkey.start()

        assert refused
        assert all_owned(fleet, ids, within_s=40), fleet.logs()
        assert fleet.respawns <= 4, "they waited, and did not die"


def _keys_with(fleet: Fleet, contact_id: str) -> list[str]:
    return [key for key in fleet.redis.scan_iter() if contact_id in key]


def _mentions(directory: Path, contact_id: str) -> bool:
    return any(contact_id.encode() in path.read_bytes() for path in directory.iterdir() if path.is_file())
