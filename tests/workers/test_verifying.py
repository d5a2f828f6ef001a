"""The job that verifies owners takes leads together: a look costs the same for one lead as for fifty."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import redis
from msgspec.structs import replace

from router.bootstrap import ProcessContext
from router.sandbox.http.client import SandboxClient
from tests.world.leads import OWNERS, a_hot_contact, announce, owner_of, queued, route_all
from tests.world.time import Clock
from workers import jobs, process


@pytest.fixture
def context(context: ProcessContext, monkeypatch: pytest.MonkeyPatch) -> ProcessContext:
    monkeypatch.setitem(process._process.contexts, context.services.portal, context)
    return context


def calls_made(sandbox: SandboxClient) -> int:
    return int(sandbox.calls()["total"])


def test_all_that_is_due_is_verified_fifty_at_a_time(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    queued(context.services, sandbox, 120)
    clock.forward(5)
    before = calls_made(sandbox)
    redis_client.config_resetstat()

    looked_at = jobs.verify(context.services.portal)

    assert (looked_at, calls_made(sandbox) - before) == (120, 3)
    assert redis_client.info("commandstats")["cmdstat_evalsha"]["calls"] < 3 * 12


def test_the_doubts_of_a_batch_end_in_one_call(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(40)])
    announce(context.services, *ids)
    sandbox.break_with("applied_then_502", on="contacts/batch/update", next=1)
    route_all(context.services)
    clock.forward(4)
    jobs.verify(context.services.portal)
    clock.forward(48 * 3600)
    redis_client.config_resetstat()

    looked_at = jobs.verify(context.services.portal)

    states = context.services.store.leads.recall(ids).values()
    assert looked_at == 40
    assert not any(state.unanswered_at_ms for state in states)
    assert redis_client.info("commandstats")["cmdstat_evalsha"]["calls"] < 12


def test_leads_that_become_due_meanwhile_wait_for_the_next_job(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written one after the other: here each look at the clock takes so long that another one is due."""
    services, first = context.services, clock()
    ids = queued(services, sandbox, 20)
    for place, contact_id in enumerate(ids):
        at = first + timedelta(seconds=10 + place)
        services.store.verify.look_again([contact_id], at_ms=int(at.timestamp() * 1000))
    moments = [first + timedelta(seconds=10)]

    def slow_clock() -> datetime:
        moments.append(moments[-1] + timedelta(seconds=1))
        return moments[-1]

    slow = replace(context, services=replace(services, clock=slow_clock))
    monkeypatch.setitem(process._process.contexts, services.portal, slow)
    before = calls_made(sandbox)

    looked_at = jobs.verify(services.portal)

    assert (looked_at < 20, calls_made(sandbox) - before) == (True, 1)
    clock.forward(60)
    monkeypatch.setitem(process._process.contexts, services.portal, context)
    assert looked_at + jobs.verify(services.portal) == 20
    assert all(owner_of(sandbox, one) in OWNERS.values() for one in ids)
