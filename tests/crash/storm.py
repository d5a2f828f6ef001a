"""A storm: leads come while processes die or stand still, HubSpot misbehaves and people interfere."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from router.clock import real_clock
from router.deadlines import DOUBT
from router.timestamps import epoch_ms
from tests.world.checker import Verdict, check
from tests.world.fleet import WEIGHTS, Fleet, announce_to, until
from tests.world.leads import OWNERS, a_hot_contact

FAULTS: Final[Sequence[dict[str, Any]]] = (
    {"kind": "429", "on": "contacts", "next": 1},
    {"kind": "500", "on": "contacts", "next": 2},
    {"kind": "502", "on": "contacts/batch/update", "next": 1},
    {"kind": "applied_then_502", "on": "contacts/batch/update", "next": 2},
    {"kind": "applied_then_hang", "on": "contacts/batch/update", "next": 1, "seconds": 1},
    {"kind": "hang", "on": "contacts", "next": 1, "seconds": 1},
    {"kind": "partial", "on": "contacts/batch/update", "next": 2},
    {"kind": "missing", "on": "contacts/batch", "next": 2},
    {"kind": "garbage", "on": "contacts", "next": 1},
    {"kind": "truncated", "on": "contacts", "next": 1},
    {"kind": "wrong_id", "on": "contacts/batch/read", "next": 1},
)


def storm(
    fleet: Fleet,
    *,
    seed: int,
    seconds: float,
    leads: int,
    redis_kills: int,
    pauses: int = 0,
    pause_s: float = 0.0,
    edits: int = 0,
    late_s: float = 0.0,
    tell: Callable[[int], None] = lambda _created: None,
) -> list[str]:
    """Create leads while the storm lasts; returns their ids when it is over.

    Some worker stands still `pauses` times for `pause_s`, and people choose an owner of any lead `edits`
    times, besides those who choose between a read and a write. With `late_s` some writes are applied so many
    seconds after they were sent. `tell` hears how many leads there are.
    """
    chance = random.Random(seed)
    late = {"kind": "slow", "on": "contacts/batch/update", "next": 1, "seconds": late_s}
    faults = [*FAULTS, late] if late_s else FAULTS
    announce_to(fleet, properties=("hubspot_owner_id", "hs_lead_status"))
    fleet.sandbox.overtake(rate=0.05, seed=seed, owner=OWNERS["claire"])
    ids: list[str] = []
    began = time.monotonic()
    redis_dies_at = _moments(chance, redis_kills, seconds)
    pauses_at = _moments(chance, pauses, seconds)
    edits_at = _moments(chance, edits, seconds)
    while time.monotonic() < began + seconds or len(ids) < leads or redis_dies_at or pauses_at or edits_at:
        if len(ids) < leads:
            ids += fleet.sandbox.create_exactly([a_hot_contact() for _ in range(chance.randint(1, 40))])
            tell(len(ids))
        fleet.sandbox.break_with(**chance.choice(faults), seed=chance.randint(0, 999))
        if chance.random() < 0.5:
            fleet.kill(chance.choice(fleet.going("web", "worker", "housekeeping")))
        for _ in _past(redis_dies_at, began):
            fleet.kill_redis()
        if workers := fleet.going("worker"):
            for _ in _past(pauses_at, began):
                fleet.pause(chance.choice(workers), seconds=pause_s)
        for _ in _past(edits_at, began):
            fleet.sandbox.edit_by_hand(chance.choice(ids), owner=OWNERS["claire"])
        time.sleep(chance.uniform(0.05, 0.5))
    fleet.sandbox.repair()
    fleet.crash_points = ()
    return ids


def _moments(chance: random.Random, count: int, seconds: float) -> list[float]:
    return sorted(chance.uniform(1, seconds) for _ in range(count))


def _past(moments: list[float], began: float) -> list[float]:
    """The moments that have come, taken off the list."""
    past = [one for one in moments if time.monotonic() - began > one]
    del moments[: len(past)]
    return past


def judge(fleet: Fleet, ids: list[str], *, within_s: float) -> Verdict:
    """The verdict once all is well, or can no longer become well, or when the time is over.

    While something is under way (a lead waits, a history has to be looked at) it is waited for: a busy
    machine heals late. Once nothing is, what is wrong stays wrong.
    """
    until(lambda: is_settled(fleet, ids), within_s=within_s)
    return check(fleet.sandbox, ids, weights=WEIGHTS)


def is_settled(fleet: Fleet, ids: list[str]) -> bool:
    """Everything delivered and claimed, and all is well; or it is not, and nothing is under way."""
    deliveries = fleet.sandbox.deliveries()
    if deliveries["waiting"] or deliveries["in_flight"] or fleet.redis.xlen(fleet.keys.inbox):
        return False
    verdict = check(fleet.sandbox, ids, weights=WEIGHTS)
    return verdict.sound or bool(verdict.two_owners) or (fleet.is_up() and has_no_doubt(fleet))


def has_no_doubt(fleet: Fleet) -> bool:
    """No call is still to be applied, no lead is to be routed, no history to be looked at before night."""
    soon_ms = epoch_ms(real_clock() + DOUBT)
    due = fleet.redis.zcount(fleet.keys.verify, "-inf", soon_ms)
    return not (due or fleet.redis.xlen(fleet.keys.inbox_low) or fleet.sandbox.calls_under_way())


def settled(fleet: Fleet, ids: list[str]) -> Verdict:
    """Shares after a few leads more: what people took in the last seconds has been made up for."""
    fleet.sandbox.overtake()
    ids = ids + fleet.sandbox.create_exactly([a_hot_contact() for _ in range(100)])
    return judge(fleet, ids, within_s=240)
