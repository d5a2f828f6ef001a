"""The job that watches over leads: every job has its function, and this one looks until nothing is due."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from router.bootstrap import ProcessContext
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.store.health.progress import ProgressBoard
from router.wakeups import Job, WakeUps
from tests.routing.conftest import OWNERS, Time, route_all
from tests.routing.followup.test_reassign import done
from tests.routing.followup.test_watch import ROUTING
from tests.routing.queues.test_claims import owner_of, with_rules
from workers import jobs, process


def test_every_job_has_its_function() -> None:
    assert [job for job in Job if not callable(getattr(jobs, job.removeprefix("workers.jobs."), None))] == []


def test_the_job_looks_at_all_that_is_due(
    services: Services,
    sandbox: SandboxClient,
    rules: Path,
    time: Time,
    redis_client: redis.Redis,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_rules(services, rules, ROUTING)
    ids = [one for _ in range(3) for one in done(services, sandbox, time, 50)]
    for_queue = redis.Redis.from_url(redis_url)
    context = ProcessContext(
        services=services,
        wake_ups=WakeUps(for_queue, services.portal),
        progress=ProgressBoard(redis_client, services.store.keys, role="housekeeping"),
        queue_client=for_queue,
    )
    monkeypatch.setitem(process._process.contexts, services.portal, context)
    time.pass_by(hours=6, minutes=1)
    before = {one: owner_of(sandbox, one) for one in ids}

    looked_at = jobs.watch(services.portal)
    again = jobs.watch(services.portal)
    route_all(services)

    assert (looked_at, again) == (150, 0)
    assert all(owner_of(sandbox, one) not in ("", before[one]) for one in ids)
    assert set(before.values()) == {OWNERS["camille"], OWNERS["hugo"], OWNERS["lea"]}
