"""A process with a clock guard, in front of a portal whose clock can be set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from router.bootstrap import ProcessContext, open_services
from router.hubspot.clock_guard import ClockGuard
from router.hubspot.setup import apply, plan_for
from router.settings import Settings
from router.store.health.progress import ProgressBoard
from router.wakeups import WakeUps
from tests.world.clocks import OwnClock
from tests.world.portal import clock, portal, rules, sandbox, settings
from tests.world.time import Clock

__all__ = ["clock", "portal", "rules", "sandbox", "settings"]


@pytest.fixture
def own_clock(clock: Clock) -> OwnClock:
    return OwnClock(clock)


@pytest.fixture
def guarded(
    settings: Settings, redis_client: redis.Redis, redis_url: str, own_clock: OwnClock, tmp_path: Path
) -> Iterator[ProcessContext]:
    """The context of a worker."""
    guard = ClockGuard(own_clock)
    services = open_services(settings, redis_client, clock=own_clock, clock_guard=guard)
    apply(services.hubspot, plan_for(services.hubspot))
    services.store.inbox.open()
    services.rules.refresh()
    for_queue = redis.Redis.from_url(redis_url)
    yield ProcessContext(
        services=services,
        wake_ups=WakeUps(for_queue, services.portal),
        progress=ProgressBoard(redis_client, services.store.keys, role="worker"),
        queue_client=for_queue,
        clock_guard=guard,
        var_dir=tmp_path / "var",
    )
    services.ledger.close()
