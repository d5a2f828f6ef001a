"""A clock that differs is said, and one that is far off takes no lead; set right, work goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
import redis
from msgspec.structs import replace

from router.bootstrap import ProcessContext
from router.hubspot.clock_guard import ClockGuard
from router.sandbox.http.client import SandboxClient
from router.store.inbox.inbox import BATCHES_PER_DRAIN
from tests.world.clocks import OwnClock
from tests.world.leads import a_hot_contact
from workers import drain
from workers.drain import Drain
from workers.threads import surroundings


@pytest.mark.parametrize(
    ("wrong_s", "verdict"),
    [
        (0, "fine"),
        (20, "fine"),
        (-20, "fine"),
        (40, "off"),
        (-40, "off"),
        (210, "far off"),
        (-210, "far off"),
    ],
)
def test_the_clock_is_compared_with_hubspots_in_both_directions(
    guarded: ProcessContext, own_clock: OwnClock, wrong_s: float, verdict: str
) -> None:
    own_clock.wrong_s = wrong_s

    reading = surroundings.look(guarded)

    assert reading.verdict == verdict
    assert reading.ahead_s == pytest.approx(wrong_s, abs=5)
    assert guarded.clock_guard.may_take() is (verdict != "far off")


@pytest.mark.parametrize("wrong_s", [210, -210])
def test_a_clock_that_is_far_off_takes_no_lead_until_it_is_set_right(
    guarded: ProcessContext,
    own_clock: OwnClock,
    sandbox: SandboxClient,
    wrong_s: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drain, "LONGEST_S", 0.5)  # the drain of a held inbox ends soon, and is woken again
    own_clock.wrong_s = wrong_s
    surroundings.look(guarded)
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(3)])
    guarded.services.store.inbox.append([(one, guarded.services.now_ms()) for one in ids])

    held = _drained(guarded)
    own_clock.wrong_s = 0
    surroundings.look(guarded)
    monkeypatch.setattr(drain, "LONGEST_S", 30.0)
    routed = _drained(guarded)

    assert (held, routed) == (0, 3)


def test_a_clock_that_is_set_wrong_later_is_noticed_without_another_call(
    guarded: ProcessContext, own_clock: OwnClock, sandbox: SandboxClient
) -> None:
    surroundings.look(guarded)
    calls = sandbox.calls()["total"]

    own_clock.wrong_s = 210

    assert guarded.clock_guard.may_take() is False
    assert sandbox.calls()["total"] == calls


def test_a_hubspot_that_does_not_answer_leaves_the_clock_unknown_and_leads_flowing(
    guarded: ProcessContext, sandbox: SandboxClient, own_clock: OwnClock
) -> None:
    fresh = ClockGuard(own_clock)

    assert (fresh.read().verdict, fresh.may_take()) == ("unknown", True)


def test_what_a_process_sees_is_reported_for_the_health_page(
    guarded: ProcessContext, own_clock: OwnClock, redis_client: redis.Redis
) -> None:
    own_clock.wrong_s = 210
    surroundings.look(guarded)

    rows = redis_client.hgetall(guarded.services.store.keys.observations)

    seen = {name.split()[0]: orjson.loads(row) for name, row in rows.items()}
    assert seen["clock"]["verdict"] == "far off"
    assert seen["disk"]["total"] > seen["disk"]["free"] > 0


def test_an_outbox_at_its_bound_holds_the_inbox(
    guarded: ProcessContext, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "LONGEST_S", 0.5)
    ids = sandbox.create_exactly([a_hot_contact()])
    guarded.services.store.inbox.append([(one, guarded.services.now_ms()) for one in ids])
    full = replace(guarded, most_waiting=0)

    held = _drained(full)
    monkeypatch.setattr(drain, "LONGEST_S", 30.0)

    assert (held, _drained(guarded)) == (0, 1)


def _drained(context: ProcessContext) -> int:
    with ThreadPoolExecutor(BATCHES_PER_DRAIN) as pool:
        return Drain(context, pool=pool).run()
