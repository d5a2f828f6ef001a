"""Housekeeping takes turns: a job that is not finished goes on after the others had theirs."""

from __future__ import annotations

import gc
from datetime import timedelta
from functools import partial
from weakref import ref

import pytest
import redis
from rq.serializers import JSONSerializer

from router.bootstrap import ProcessContext
from router.deadlines import TURN
from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import SearchPage
from router.sandbox.http.client import SandboxClient
from router.store.health.conditions.housekeeping import ROUND_S
from router.time_slice import time_slice
from router.wakeups import ASKED_FOR_S, WAITS_S, Job, housekeeping_queue
from tests.world.leads import a_hot_contact
from tests.world.time import NOW, Clock
from workers import jobs, process
from workers.reconciling import look_back
from workers.rq_worker import AllowedJob
from workers.schedule import Schedule

EVENT = '{"at": "2026-11-24T09:15:00+00:00", "kind": "seen"}'


@pytest.fixture
def portal_of_jobs(context: ProcessContext, monkeypatch: pytest.MonkeyPatch) -> str:
    """The portal whose jobs run in this very process; a turn is over after one step."""
    monkeypatch.setitem(process._process.contexts, context.services.portal, context)
    monkeypatch.setattr(jobs, "TURN", timedelta(0))
    return context.services.portal


def next_job(context: ProcessContext) -> Job:
    """Take the first job from the queue and run it, as the process `housekeeping` does."""
    client, queue = context.queue_client, f"rq:queue:{housekeeping_queue(context.services.portal)}"
    job = AllowedJob.fetch(client.lpop(queue).decode(), connection=client, serializer=JSONSerializer)
    name = Job(job.func_name)
    getattr(jobs, name.rpartition(".")[2])(*job.args)
    return name


def fill_the_outbox(context: ProcessContext, client: redis.Redis, lines: int) -> None:
    with client.pipeline() as pipeline:
        for _ in range(lines):
            pipeline.xadd(
                context.services.store.keys.outbox, {"kind": "event", "contact": "501", "record": EVENT}
            )
        pipeline.execute()


def test_a_job_that_is_never_finished_goes_on_after_the_others_had_their_turn(
    context: ProcessContext,
    portal_of_jobs: str,
    redis_client: redis.Redis,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill_the_outbox(context, redis_client, 1)
    monkeypatch.setattr(jobs, "record_outbox", lambda _services, *, limit: limit)  # there is always more
    context.services.store.erasures.ask("502")
    schedule, order = Schedule(context), []
    asked = schedule.look()
    for _ in range(len(asked) + 1):
        order.append(next_job(context))
        redis_client.xadd(
            context.services.store.keys.outbox, {"kind": "event", "contact": "", "record": EVENT}
        )
        schedule.look()

    assert order[: len(asked)] == list(asked), "each had one turn, in the order in which they were asked for"
    assert order[len(asked)] is Job.RECORD


def test_what_a_turn_leaves_in_cycles_is_freed_at_its_end(
    portal_of_jobs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[ref[set[object]]] = []

    def leave_a_cycle(_services: object) -> int:
        cycle: set[object] = set()
        cycle.add(partial(len, cycle))
        left.append(ref(cycle))
        return 0

    monkeypatch.setattr(jobs, "notify_reps", leave_a_cycle)
    gc.disable()
    try:
        jobs.notify(portal_of_jobs)
        assert left[0]() is None
    finally:
        gc.enable()


def test_a_job_that_is_asked_for_again_waits_no_longer_than_a_round(
    context: ProcessContext, portal_of_jobs: str, redis_client: redis.Redis
) -> None:
    fill_the_outbox(context, redis_client, 10 * jobs.RECORDED_AT_ONCE)
    Schedule(context).look()
    for _ in range(3):
        Schedule(context).look()  # while it waits it is not asked for twice

    names = [next_job(context) for _ in range(2)]
    waiting = redis_client.llen(f"rq:queue:{housekeeping_queue(context.services.portal)}")

    assert names.count(Job.RECORD) <= 1
    assert waiting <= len(Job)
    assert ROUND_S < ASKED_FOR_S == WAITS_S, "a job is not asked for twice while it waits for its turn"
    assert len(Job) * TURN.total_seconds() == ROUND_S


def test_a_search_that_its_turn_interrupts_goes_on_where_it_stopped(
    context: ProcessContext, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = (NOW - timedelta(hours=0.5)).isoformat()
    sandbox.create_exactly([a_hot_contact(createdate=at) for _ in range(450)], announce=False)
    pages = []
    search = Gateway.search_contacts

    def counted(gateway: Gateway, *args: object, after_id: str, **words: object) -> SearchPage:
        pages.append(after_id)
        return search(gateway, *args, after_id=after_id, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(Gateway, "search_contacts", counted)

    found = []
    for _ in range(3):
        with time_slice(0.0):
            found.append(look_back(context))

    assert found == [200, 200, 50]
    assert len([after_id for after_id in pages if after_id != "0"]) == 2  # it goes on twice


def test_a_job_that_died_with_its_process_is_asked_for_again_at_once(context: ProcessContext) -> None:
    wake_ups, client = context.wake_ups, context.queue_client
    wake_ups.ask(Job.RECORD)
    wake_ups.ask(Job.VERIFY)
    client.lpop(f"rq:queue:{housekeeping_queue(context.services.portal)}")  # and its process is killed

    wake_ups.forget_lost()

    assert wake_ups.ask(Job.RECORD)
    assert not wake_ups.ask(Job.VERIFY), "it waits in the queue still"


def test_what_waits_for_its_turn_is_known_until_it_starts(
    context: ProcessContext, portal_of_jobs: str, redis_client: redis.Redis
) -> None:
    turns = context.services.store.keys.turns
    context.wake_ups.ask(Job.RECORD)
    asked = redis_client.hgetall(turns)
    redis_client.delete(context.services.store.keys.asked(Job.RECORD))
    context.wake_ups.ask(Job.RECORD)

    assert list(asked) == [Job.RECORD]
    assert redis_client.hgetall(turns) == asked, "it has waited since it was first asked for"
    jobs.record(portal_of_jobs)
    assert redis_client.hgetall(turns) == {}
