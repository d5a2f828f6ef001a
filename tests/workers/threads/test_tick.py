"""The tick of a worker: it wakes a drain when a lead's wait for its facts is over, and not before."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from router.bootstrap import ProcessContext
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.store.health.progress import ProgressBoard
from router.wakeups import WakeUps, leads_queue
from tests.world.leads import announce, route_all
from tests.world.rule_folders import SMALL_SETTLING, with_rules
from tests.world.time import Time
from workers.threads.tick import EVERY_S, _pause_s, tick


@pytest.fixture
def waiting(
    services: Services, rules: Path, sandbox: SandboxClient, redis_client: redis.Redis, redis_url: str
) -> ProcessContext:
    """A worker, and one lead that waits for its facts."""
    with_rules(services, rules, SMALL_SETTLING)
    announce(services, *sandbox.create_exactly([{"email": "a@acier.fr"}]))
    route_all(services)
    redis_client.delete(services.store.keys.awake)
    for_queue = redis.Redis.from_url(redis_url)
    return ProcessContext(
        services=services,
        wake_ups=WakeUps(for_queue, services.portal),
        progress=ProgressBoard(redis_client, services.store.keys, role="worker"),
        queue_client=for_queue,
    )


def wake_ups(client: redis.Redis, context: ProcessContext) -> int:
    return int(client.llen(f"rq:queue:{leads_queue(context.services.portal)}"))


def test_a_drain_is_woken_when_the_wait_is_over(
    waiting: ProcessContext, redis_client: redis.Redis, time: Time
) -> None:
    before = wake_ups(redis_client, waiting)
    tick(waiting, wakes=True)
    early = wake_ups(redis_client, waiting)

    time.pass_by(seconds=7)
    tick(waiting, wakes=True)

    assert (early, wake_ups(redis_client, waiting)) == (before, before + 1)


def test_the_next_tick_comes_when_the_first_wait_is_over(waiting: ProcessContext, time: Time) -> None:
    far = _pause_s(waiting)
    time.pass_by(seconds=5)
    near = _pause_s(waiting)
    time.pass_by(seconds=5)  # nobody has taken it: it is not asked for any faster
    over = _pause_s(waiting)

    assert far == over == EVERY_S
    assert 0 < near < 1.0
