"""Every way in which a batch can fail has one fate."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import redis

from router.hubspot.api.errors import (
    AccessDenied,
    HubSpotError,
    Locked,
    NotFound,
    OutcomeUnknown,
    Paused,
    RateLimited,
    Refused,
    Unreachable,
)
from router.routing.portal.live_rules import NoRules
from workers.outcomes import Crash, Snooze, fate_of

UNTIL = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "wait_s", "loud"),
    [
        (RateLimited("no room", retry_after_s=3.5), 3.5, False),
        (RateLimited("no room", retry_after_s=0), 0.05, False),
        (Locked("locked", retry_after_s=2), 2, False),
        (Paused("429", until=UNTIL, retry_after_s=7), 7, False),
        (AccessDenied("401"), 1, True),
        (Unreachable("nothing usable"), 1, False),
        (OutcomeUnknown("perhaps"), 1, False),
        (Refused("no such property"), 15, True),
        (NotFound("no such endpoint"), 15, True),
        (NoRules("none yet"), 15, False),
    ],
)
def test_trouble_outside_gives_the_leads_back_for_a_while(
    error: Exception, wait_s: float, loud: bool
) -> None:
    fate = fate_of(error)

    assert isinstance(fate, Snooze)
    assert fate.wait.total_seconds() == wait_s
    assert fate.loud is loud
    assert fate.why == str(error)


@pytest.mark.parametrize(
    "error", [ValueError("bug"), KeyError("bug"), redis.ConnectionError("gone"), MemoryError()]
)
def test_a_bug_or_a_lost_redis_crashes(error: Exception) -> None:
    assert fate_of(error) == Crash()


def test_no_error_of_hubspot_is_taken_for_a_bug() -> None:
    kinds = HubSpotError.__subclasses__()

    assert all(any(isinstance(fate_of(made), Snooze) for made in _made(kind)) for kind in kinds), (
        "a new kind of error needs a fate"
    )


def _made(kind: type[HubSpotError]) -> list[HubSpotError]:
    try:
        return [kind("x")]
    except TypeError:
        return [kind("x", retry_after_s=1)]  # type: ignore[call-arg]
