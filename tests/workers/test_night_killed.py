"""A real night, killed with signal 9 in the middle of its moves, with a second one beside it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from router.ledger import open_ledger
from tests.world.fleet import PORTAL, Fleet, a_fleet, announce_to, until
from tests.world.leads import OWNERS, a_hot_contact

LEADS = 24
NIGHT = """
night: {at: 00:00, reassign_when_gone: true, max_reassignments_per_night: {share: 100%}}
"""


def stage_of(fleet: Fleet) -> str:
    nights = {day: text for day, text in fleet.redis.hgetall(fleet.keys.night).items() if day != "born"}
    return nights[max(nights)] if nights else ""


def owners(fleet: Fleet, ids: list[str]) -> dict[str, str | None]:
    return {one["id"]: one["owner"] for one in fleet.sandbox.contacts(*ids, brief=True)}


def all_done(fleet: Fleet, ids: list[str], *, episode: int | None = None) -> bool:
    with fleet.redis.pipeline() as pipeline:
        for one in ids:
            pipeline.hmget(fleet.keys.lead(one), "st", "ep")
        found = pipeline.execute()
    return all(state == "done" and (episode is None or int(ep) == episode) for state, ep in found)


def test_a_killed_night_goes_on_and_moves_every_lead_once(tmp_path: Path) -> None:
    with a_fleet(tmp_path, workers=1) as fleet:
        announce_to(fleet, duplicates=0.0)
        ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(LEADS)])
        assert until(lambda: all_done(fleet, ids), within_s=60), fleet.logs()
        of_camille = [one for one, owner in owners(fleet, ids).items() if owner == OWNERS["camille"]]
        routing = tmp_path / "config" / "routing.yaml"
        before = fleet.times_rules_went_live("housekeeping")
        routing.write_text(routing.read_text() + NIGHT)
        fleet.sandbox.archive_owner(OWNERS["camille"])
        # Another process publishes the change first; a night begun before this one has it would move nothing.
        assert until(lambda: fleet.times_rules_went_live("housekeeping") > before, within_s=30)
        with fleet._lock:
            second = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.sabotage", "housekeeping"],
                env=fleet.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=fleet.directory,
            )
        try:
            fleet.sandbox.settings(latency_ms=150)
            for day in [day for day in fleet.redis.hkeys(fleet.keys.night) if day != "born"]:
                fleet.redis.hdel(fleet.keys.night, day)
            assert until(lambda: '"stage":"move"' in stage_of(fleet), within_s=60), stage_of(fleet)
            fleet.kill("housekeeping")
            second.send_signal(signal.SIGKILL)
            second.wait()
            fleet.redis.delete(fleet.keys.night_lock)  # what its end after 150 s would do
            fleet.sandbox.settings(latency_ms=20)

            assert until(lambda: '"stage":""' in stage_of(fleet), within_s=90), stage_of(fleet)
            assert until(lambda: all_done(fleet, of_camille, episode=1), within_s=30), fleet.logs()
        finally:
            second.kill()
        after = owners(fleet, ids)
        assert OWNERS["camille"] not in after.values()
        assert None not in after.values()
        ledger = open_ledger(f"sqlite:///{tmp_path / 'var' / 'ledger.sqlite3'}", PORTAL)
        (day,) = ledger.nights.days()
        told = ledger.nights.of(day)
        ledger.close()
        assert told is not None
        assert told.outcomes == {"moved": len(of_camille)}
