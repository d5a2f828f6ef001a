"""The call budget keeps every promise on a real server, with a clock that the tests move."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import redis

from router.store.budget.budget import CallBudget, Priority
from router.store.embedded import EmbeddedValkey
from router.store.keys import Keys


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def a_budget(redis_client: redis.Redis, keys: Keys, clock: Clock) -> Callable[..., CallBudget]:
    def build(**limits: int | ZoneInfo) -> CallBudget:
        return CallBudget(redis_client, keys, now=clock, **limits)  # type: ignore[arg-type]

    return build


def spend(budget: CallBudget, priority: Priority = "lead", *, search: bool = False) -> int:
    """How many calls are granted before the first no."""
    granted = 0
    while budget.charge(priority, search=search).granted:
        granted += 1
    return granted


@pytest.mark.parametrize("seed", range(3))
def test_no_ten_seconds_ever_hold_more_calls_than_the_limit(
    a_budget: Callable[..., CallBudget], clock: Clock, seed: int
) -> None:
    budget, chance = a_budget(calls_per_10s=100), random.Random(seed)
    granted_at: list[datetime] = []

    for _ in range(1500):
        if budget.charge().granted:
            granted_at.append(clock.now)
        clock.advance(chance.choice([0, 0.003, 0.02, 0.5 if chance.random() < 0.02 else 0.05]))

    worst = max(
        sum(1 for other in granted_at if start <= other < start + timedelta(seconds=10))
        for start in granted_at
    )
    assert worst == 95
    assert len(granted_at) > 250


def test_a_refused_call_is_told_when_there_is_room(a_budget: Callable[..., CallBudget], clock: Clock) -> None:
    budget = a_budget(calls_per_10s=20)
    spend(budget)
    clock.advance(4)

    refused = budget.charge()

    assert (refused.granted, refused.verdict, refused.wait_s) == (False, "ten_seconds", 6.0)
    clock.advance(refused.wait_s)
    assert budget.charge().granted


def test_new_leads_find_room_when_housekeeping_has_taken_its_share(
    a_budget: Callable[..., CallBudget],
) -> None:
    budget = a_budget(calls_per_10s=200)

    assert [spend(budget, "sweep"), spend(budget, "verify"), spend(budget, "lead")] == [114, 38, 38]


def test_two_hosts_share_one_window(a_budget: Callable[..., CallBudget]) -> None:
    here, there = a_budget(calls_per_10s=20), a_budget(calls_per_10s=20)

    assert spend(here) == 19
    assert spend(there) == 0


def test_searches_have_their_own_second(a_budget: Callable[..., CallBudget], clock: Clock) -> None:
    budget = a_budget(searches_per_s=5, calls_per_10s=20)

    assert spend(budget, "sweep", search=True) == 4
    assert budget.charge(search=True).verdict == "search"
    assert spend(budget) == 19
    clock.advance(1)
    assert spend(budget, "sweep", search=True) == 4


def test_the_last_fifth_of_the_day_is_kept_for_new_leads(a_budget: Callable[..., CallBudget]) -> None:
    budget = a_budget(calls_per_10s=1000, calls_per_day=50)

    assert [spend(budget, "sweep"), spend(budget, "verify"), spend(budget, "lead")] == [40, 0, 10]
    assert budget.charge().verdict == "day"


def test_the_day_ends_at_the_accounts_midnight(a_budget: Callable[..., CallBudget], clock: Clock) -> None:
    budget = a_budget(calls_per_day=1, timezone=ZoneInfo("Europe/Paris"))
    clock.now = datetime(2026, 11, 23, 22, 59, 50, tzinfo=UTC)
    budget.charge()

    refused = budget.charge()

    assert (refused.verdict, refused.wait_s) == ("day", 10.0)
    clock.advance(refused.wait_s)
    assert budget.charge().granted


def test_a_call_refused_by_one_window_is_charged_to_none(
    a_budget: Callable[..., CallBudget], redis_client: redis.Redis, keys: Keys
) -> None:
    budget = a_budget(calls_per_10s=20)
    spend(budget)

    for _ in range(50):
        budget.charge()

    assert redis_client.get(keys.calls_of_day("2026-11-23")) == "19"


def test_a_pause_holds_every_host_back_until_it_ends(
    a_budget: Callable[..., CallBudget], clock: Clock
) -> None:
    here, there = a_budget(), a_budget()

    here.pause("HubSpot asks for a break", timedelta(seconds=10))

    refused = there.charge()
    assert (refused.verdict, refused.wait_s, refused.reason) == ("paused", 10.0, "HubSpot asks for a break")
    pause = there.paused()
    assert pause is not None
    assert pause.until - pause.since == timedelta(seconds=10)
    clock.advance(10)
    assert there.paused() is None
    assert there.charge().verdict == "granted"


def test_a_shorter_pause_does_not_shorten_a_longer_one(
    a_budget: Callable[..., CallBudget], clock: Clock
) -> None:
    budget = a_budget()
    budget.pause("the day is spent", timedelta(hours=3))

    budget.pause("one second", timedelta(seconds=1))

    assert budget.charge().reason == "the day is spent"
    budget.resume()
    assert budget.charge().granted


def test_five_failures_in_ten_seconds_open_the_circuit(
    a_budget: Callable[..., CallBudget], clock: Clock
) -> None:
    budget = a_budget()

    opened = [budget.failed() for _ in range(5)]

    assert opened == [False, False, False, False, True]
    assert budget.charge().wait_s == 15.0


def test_failures_far_apart_do_not_open_the_circuit(
    a_budget: Callable[..., CallBudget], clock: Clock
) -> None:
    budget = a_budget()

    for _ in range(10):
        assert not budget.failed()
        clock.advance(2.6)

    assert budget.charge().granted


def test_after_the_pause_one_probe_goes_out_and_its_success_frees_the_others(
    a_budget: Callable[..., CallBudget], clock: Clock
) -> None:
    budget, other = a_budget(), a_budget()
    budget.pause("HubSpot refuses our token", timedelta(seconds=30), then_probe=True)
    clock.advance(30)

    assert budget.charge().verdict == "probe"
    assert other.charge().verdict == "trial"
    assert other.charge().wait_s == 0.25
    budget.succeeded()
    assert other.charge().verdict == "granted"


def test_a_probe_that_fails_pauses_again_at_once(a_budget: Callable[..., CallBudget], clock: Clock) -> None:
    budget = a_budget()
    for _ in range(5):
        budget.failed()
    clock.advance(15)
    budget.charge()

    assert budget.failed()

    assert budget.charge().wait_s == 15.0


def test_a_prober_that_died_is_replaced(a_budget: Callable[..., CallBudget], clock: Clock) -> None:
    budget = a_budget()
    budget.pause("gone", timedelta(seconds=1), then_probe=True)
    clock.advance(1)
    budget.charge()

    clock.advance(16)

    assert budget.charge().verdict == "probe"


def test_the_portals_smaller_limit_is_believed_and_its_larger_one_is_not(
    a_budget: Callable[..., CallBudget],
) -> None:
    budget = a_budget(calls_per_10s=100)

    budget.observed(_headers(most=1000))
    assert spend(budget) == 95
    budget.observed(_headers(most=20))

    assert budget.tightness() == 1.0
    assert not budget.charge().granted


def test_calls_that_others_made_today_count(a_budget: Callable[..., CallBudget]) -> None:
    budget = a_budget(calls_per_day=1000)

    budget.observed(_headers(most=190, daily=1000, remaining=150))

    assert not budget.charge("sweep").granted
    assert budget.charge("lead").granted


def test_tightness_tells_how_full_the_ten_seconds_are(
    a_budget: Callable[..., CallBudget], clock: Clock
) -> None:
    budget = a_budget(calls_per_10s=20)
    assert budget.tightness() == 0.0

    for _ in range(10):
        budget.charge()

    assert budget.tightness() == pytest.approx(10 / 19)
    clock.advance(11)
    assert budget.tightness() == 0.0


def test_the_servers_own_clock_is_used_when_no_other_is_given(redis_client: redis.Redis, keys: Keys) -> None:
    budget = CallBudget(redis_client, keys, calls_per_10s=20)

    assert spend(budget) == 19
    assert 8 < budget.charge().wait_s <= 10
    assert budget.tightness() == 1.0
    budget.pause("hold", timedelta(seconds=5))
    assert budget.paused() is not None


def test_without_redis_no_call_is_granted(valkey: EmbeddedValkey, keys: Keys) -> None:
    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    budget = CallBudget(client, keys)
    valkey.kill()

    with pytest.raises(redis.exceptions.ConnectionError):
        budget.charge()


def test_a_client_that_answers_in_bytes_is_refused_at_once(redis_url: str, keys: Keys) -> None:
    with pytest.raises(ValueError, match="decode_responses"):
        CallBudget(redis.Redis.from_url(redis_url), keys)


def _headers(*, most: int, daily: int = 0, remaining: int = 0) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Max": str(most),
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        "X-HubSpot-RateLimit-Daily": str(daily),
        "X-HubSpot-RateLimit-Daily-Remaining": str(remaining),
    }
