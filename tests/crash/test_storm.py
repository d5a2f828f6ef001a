"""Workers and Redis die, HubSpot misbehaves, people interfere: no lead is lost, owned twice or stolen."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.storm import judge, settled, storm
from tests.world.checker import check
from tests.world.fleet import CRASH_POINTS, WEIGHTS, Fleet, a_fleet, announce_to, until
from tests.world.leads import OWNERS, a_hot_contact
from tests.world.story import stories

pytestmark = pytest.mark.timeout(600)  # a busy machine heals late
LEASE_OF_4_S, LEASE_OF_3_S = 4 / 30, 3 / 30
REPS = ("camille", "hugo", "lea")


def open_leads(fleet: Fleet) -> tuple[Counter[str], Counter[str]]:
    """Leads by rep as HubSpot shows them, and as the book counts them: once all is quiet, the same."""
    rep_of = {owner: rep for rep, owner in OWNERS.items()}
    shown = Counter(rep_of[one["owner"]] for one in fleet.sandbox.contacts(brief=True) if one["owner"])
    book = fleet.redis.hgetall(fleet.keys.book)
    counted = Counter({rep: int(book.get(f"open:{rep}", 0)) for rep in REPS})
    return Counter({rep: shown[rep] for rep in REPS}), counted


def counts_stand(fleet: Fleet) -> bool:
    shown, counted = open_leads(fleet)
    return shown == counted


@pytest.mark.parametrize("seed", [1])
def test_a_short_storm_loses_nothing(tmp_path: Path, seed: int) -> None:
    with a_fleet(tmp_path, seed=seed, scale=LEASE_OF_4_S, crash_points=CRASH_POINTS) as fleet:
        ids = storm(fleet, seed=seed, seconds=12, leads=400, redis_kills=2, pauses=1, pause_s=6, edits=5)

        verdict = judge(fleet, ids, within_s=240)

        assert verdict.sound, f"seed {seed}: {stories(fleet, verdict)}\n{fleet.logs()}"
        assert settled(fleet, ids).deviation <= 2, f"seed {seed}: {verdict}"
        assert until(lambda: counts_stand(fleet), within_s=120), open_leads(fleet)
        assert fleet.kills + fleet.respawns > 5
        assert (fleet.redis_kills, fleet.pauses) == (2, 1)
        assert not fleet.redis.hlen(fleet.keys.parked)


def a_calm_day(fleet: Fleet, *, leads: int) -> list[str]:
    """Leads with many duplicates, and people who choose owners at the worst moment; nobody is killed."""
    announce_to(fleet, duplicates=1.0)
    fleet.sandbox.overtake(rate=0.1, seed=3, owner=OWNERS["claire"])
    ids: list[str] = []
    while len(ids) < leads:
        ids += fleet.sandbox.create_exactly([a_hot_contact() for _ in range(20)])
        time.sleep(0.02)
    return ids


def test_a_calm_day_is_sound(tmp_path: Path) -> None:
    with a_fleet(tmp_path) as fleet:
        ids = a_calm_day(fleet, leads=400)
        verdict = judge(fleet, ids, within_s=240)

        assert verdict.sound, f"{stories(fleet, verdict)}\n{fleet.logs()}"
        assert settled(fleet, ids).deviation <= 2
        assert len(fleet.sandbox.human_choices()) > 10


def test_without_first_wins_the_calm_day_has_two_owners(tmp_path: Path) -> None:
    with a_fleet(tmp_path, without="first_wins") as fleet:
        verdict = judge(fleet, a_calm_day(fleet, leads=400), within_s=240)

        assert verdict.two_owners or verdict.deviation > 2


def test_without_verify_a_persons_choice_stays_overwritten(tmp_path: Path) -> None:
    with a_fleet(tmp_path, without="verify") as fleet:
        ids = a_calm_day(fleet, leads=100)
        assert until(lambda: not check(fleet.sandbox, ids, weights=WEIGHTS).lost, within_s=60)

        verdict = judge(fleet, ids, within_s=6)

        assert verdict.overwritten


def a_death(fleet: Fleet) -> list[str]:
    """Leads whose only worker dies at its crash point; another one takes its place."""
    announce_to(fleet, duplicates=0.0)
    ids = fleet.sandbox.create_exactly([a_hot_contact() for _ in range(30)])
    assert until(lambda: fleet.respawns >= 1, within_s=60), "the crash point was not reached"
    return ids


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_leads_of_a_worker_that_dies_at_any_step_are_taken_over(tmp_path: Path, point: str) -> None:
    with a_fleet(tmp_path, workers=1, scale=LEASE_OF_3_S, crash_points=(f"{point}@1",)) as fleet:
        fleet.crash_points = ()
        ids = a_death(fleet)

        verdict = judge(fleet, ids, within_s=240)

        assert verdict.sound, f"{stories(fleet, verdict)}\n{fleet.logs()}"


def test_without_reclaim_a_dead_workers_leads_are_lost(tmp_path: Path) -> None:
    with a_fleet(
        tmp_path, workers=1, without="reclaim", scale=LEASE_OF_3_S, crash_points=("after_commit@1",)
    ) as fleet:
        fleet.crash_points = ()
        ids = a_death(fleet)

        verdict = judge(fleet, ids, within_s=12)

        assert verdict.lost


def test_with_the_real_lease_a_dead_workers_leads_come_back(tmp_path: Path) -> None:
    with a_fleet(tmp_path, workers=1, crash_points=("after_write@1",)) as fleet:
        fleet.crash_points = ()
        ids = a_death(fleet)

        came_back = until(lambda: not fleet.redis.xlen(fleet.keys.inbox), within_s=60)

        assert came_back, fleet.logs()
        assert check(fleet.sandbox, ids, weights=WEIGHTS).sound
