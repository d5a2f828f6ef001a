"""The schedule asks for what is due, once, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from router.bootstrap import ProcessContext
from router.routing.portal.services import Services
from router.routing.queues.tend import tend_queues
from router.sandbox.http.client import SandboxClient
from router.store.health.progress import ProgressBoard
from router.store.worklists.nights import Nights
from router.store.worklists.notices import Notice
from router.wakeups import Job, WakeUps, housekeeping_queue
from tests.world.leads import a_hot_contact, announce, queued, route_all
from tests.world.time import Clock
from workers import nightly_run
from workers.schedule import Schedule


@pytest.fixture
def context(services: Services, redis_client: redis.Redis, redis_url: str) -> ProcessContext:
    for_queue = redis.Redis.from_url(redis_url)
    return ProcessContext(
        services=services,
        wake_ups=WakeUps(for_queue, services.portal),
        progress=ProgressBoard(redis_client, services.store.keys, role="cron"),
        queue_client=for_queue,
    )


def at(clock: Clock, hour: int, minute: int = 0, *, day: int = 24) -> None:
    """Move the clock to a moment of November 2030, Paris time (one hour ahead of UTC)."""
    clock.set_to(datetime(2030, 11, day, hour - 1, minute, tzinfo=UTC))


def test_housekeeping_is_asked_for_when_there_is_some(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock
) -> None:
    at(clock, 1)
    schedule = Schedule(context)
    first = schedule.look()
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(context.services, contact_id)
    route_all(context.services)
    clock.forward(5)

    second = schedule.look()

    assert first == (Job.REFRESH, Job.RECONCILE)
    assert second == (Job.VERIFY, Job.RECORD)


def test_leads_that_people_worked_on_are_looked_at_when_no_new_lead_is_held_up(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock
) -> None:
    at(clock, 1)
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    announce(context.services, contact_id)
    route_all(context.services)
    schedule = Schedule(context)
    before = schedule.look()
    context.services.store.inbox.append([], changed=[(contact_id, context.services.now_ms())])

    after = schedule.look()

    assert Job.FOLLOW not in before
    assert after == (Job.FOLLOW,)


def test_parked_leads_are_looked_at_every_quarter_of_a_minute(
    context: ProcessContext, clock: Clock, redis_client: redis.Redis
) -> None:
    schedule = Schedule(context)
    redis_client.hset(context.services.store.keys.parked, "501", "{}")

    first, soon = schedule.look(), schedule.look()
    context.wake_ups.begun(Job.RESUME)
    clock.forward(15)
    later = schedule.look()

    assert [Job.RESUME in asked for asked in (first, soon, later)] == [True, False, True]


def test_queued_leads_are_looked_at_when_they_are_due(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, rules: Path
) -> None:
    at(clock, 1)
    routing = rules / "routing.yaml"
    routing.write_text(
        routing.read_text().replace("assign: {team: idf}", "assign: {team: idf, method: queue}")
    )
    context.services.rules.refresh()
    queued(context.services, sandbox)

    due = Schedule(context).look()
    tend_queues(context.services)
    context.wake_ups.begun(Job.TEND)
    soon = Schedule(context).look()
    context.wake_ups.begun(Job.TEND)
    clock.forward(181)

    assert Job.TEND in due
    assert Job.TEND not in soon
    assert Job.TEND in Schedule(context).look()


def test_leads_that_nobody_works_on_are_looked_at_every_minute(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock
) -> None:
    at(clock, 1)
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    announce(context.services, contact_id)
    route_all(context.services)
    schedule = Schedule(context)
    early = schedule.look()
    clock.forward(4 * 3600)
    due = schedule.look()
    context.wake_ups.begun(Job.WATCH)
    clock.forward(30)
    soon = schedule.look()
    clock.forward(30)
    later = schedule.look()

    assert [Job.WATCH in looked for looked in (early, due, soon, later)] == [False, True, False, True]


def test_a_job_that_waits_already_is_not_asked_for_twice(
    context: ProcessContext, redis_client: redis.Redis
) -> None:
    context.services.store.erasures.ask("501")
    schedule = Schedule(context)
    schedule.look()

    again = Schedule(context).look()

    assert Job.ERASE not in again
    assert redis_client.llen(f"rq:queue:{housekeeping_queue(context.services.portal)}") >= 1


def test_the_night_runs_once_per_local_date_and_catches_up(context: ProcessContext, clock: Clock) -> None:
    at(clock, 1)
    context.services.store.nights.born(clock())
    early = nightly_run.is_due(context.services)
    at(clock, 14)

    late = nightly_run.is_due(context.services)
    for _ in range(12):
        nightly_run.take_step(context)
    done = nightly_run.is_due(context.services)
    at(clock, 3, day=25)

    assert (early, late, done, nightly_run.is_due(context.services)) == (False, True, False, True)


def test_two_schedulers_make_one_night(context: ProcessContext, clock: Clock) -> None:
    at(clock, 3)
    day = clock().date()

    began = [
        context.services.store.nights.begin(day, since=clock(), stage="reconcile", now=clock())
        for _ in range(2)
    ]

    assert began == [True, False]


def test_two_schedulers_ask_for_the_night_once(context: ProcessContext, clock: Clock) -> None:
    at(clock, 3)
    context.services.store.nights.born(clock())

    asked = [Job.NIGHT in Schedule(context).look() for _ in range(2)]

    assert asked == [True, False]


def test_a_night_that_is_not_over_at_midnight_goes_on(context: ProcessContext, clock: Clock) -> None:
    at(clock, 23)
    context.services.store.nights.born(clock())
    nightly_run.take_step(context)
    at(clock, 1, 30, day=25)

    unfinished = nightly_run.is_due(context.services)
    for _ in nightly_run.STAGES:
        nightly_run.take_step(context)

    assert unfinished
    assert not nightly_run.is_due(context.services)
    assert context.services.store.nights.of(clock().date()) is None


def test_a_process_leaves_the_night_to_the_one_that_is_at_it(
    context: ProcessContext, clock: Clock, redis_client: redis.Redis
) -> None:
    at(clock, 3)
    context.services.store.nights.born(clock())
    other = Nights(redis_client, context.services.store.keys)

    with other.lock() as theirs:
        nightly_run.take_step(context)
        meanwhile = context.services.store.nights.of(clock().date())
    nightly_run.take_step(context)

    assert theirs
    assert meanwhile is None
    assert context.services.store.nights.of(clock().date()) is not None


def test_the_night_finds_what_no_webhook_announced_and_leaves_older_contacts_alone(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock
) -> None:
    (old,) = sandbox.create_exactly(
        [a_hot_contact(createdate=(clock() - timedelta(days=2)).isoformat())], announce=False
    )
    context.services.store.nights.born(clock() - timedelta(hours=1))
    missed, owned = sandbox.create_exactly(
        [a_hot_contact(), a_hot_contact(hubspot_owner_id="71480109")], announce=False
    )
    clock.set_to((clock() + timedelta(days=1)).replace(hour=12))

    for _ in range(12):
        nightly_run.take_step(context)
    route_all(context.services)

    written = {write["id"] for write in sandbox.writes()}
    assert written == {missed}
    assert old not in written
    assert owned not in written


def test_reps_are_told_once_it_is_time(context: ProcessContext, clock: Clock) -> None:
    at(clock, 1)
    schedule = Schedule(context)
    schedule.look()
    notice = Notice("501-0-ab", "501", "77", "chat", since_ms=context.services.now_ms())
    context.services.store.notices.note([notice], due_ms=context.services.now_ms() + 5_000)

    before = schedule.look()
    clock.forward(6)
    after = schedule.look()

    assert (before, after) == ((), (Job.NOTIFY,))
