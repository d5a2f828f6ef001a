"""The schedule asks for what is due, once, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from router.bootstrap import Office
from router.routing.portal.services import Desk
from router.routing.queues.tend import tend
from router.sandbox.http.client import SandboxClient
from router.store.drains.drains import Drains
from router.store.health.progress import ProgressBoard
from router.store.worklists.nights import Nights
from router.store.worklists.notices import Notice
from router.wakeups import Job, WakeUps, housekeeping_queue
from tests.world.leads import a_hot_contact, announce, queued, route_all
from tests.world.time import Clock
from workers import nightly_run
from workers.schedule import Schedule


@pytest.fixture
def office(desk: Desk, redis_client: redis.Redis, redis_url: str) -> Office:
    for_queue = redis.Redis.from_url(redis_url)
    return Office(
        desk=desk,
        drains=Drains(redis_client, desk.keys),
        wake_ups=WakeUps(for_queue, desk.portal),
        progress=ProgressBoard(redis_client, desk.keys, role="cron"),
        nights=Nights(redis_client, desk.keys),
        queue_client=for_queue,
    )


def at(clock: Clock, hour: int, minute: int = 0, *, day: int = 24) -> None:
    """Move the clock to a moment of November 2030, Paris time (one hour ahead of UTC)."""
    clock.set_to(datetime(2030, 11, day, hour - 1, minute, tzinfo=UTC))


def test_housekeeping_is_asked_for_when_there_is_some(
    office: Office, sandbox: SandboxClient, clock: Clock
) -> None:
    at(clock, 1)
    schedule = Schedule(office)
    first = schedule.look()
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(office.desk, contact_id)
    route_all(office.desk)
    clock.forward(5)

    second = schedule.look()

    assert first == (Job.REFRESH, Job.RECONCILE)
    assert second == (Job.RECORD, Job.VERIFY)


def test_leads_that_people_worked_on_are_looked_at_when_no_new_lead_is_held_up(
    office: Office, sandbox: SandboxClient, clock: Clock
) -> None:
    at(clock, 1)
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    announce(office.desk, contact_id)
    route_all(office.desk)
    schedule = Schedule(office)
    before = schedule.look()
    office.desk.inbox.append([], changed=[(contact_id, office.desk.now_ms())])

    after = schedule.look()

    assert Job.FOLLOW not in before
    assert after == (Job.FOLLOW,)


def test_queued_leads_are_looked_at_when_they_are_due(
    office: Office, sandbox: SandboxClient, clock: Clock, rules: Path
) -> None:
    at(clock, 1)
    routing = rules / "routing.yaml"
    routing.write_text(
        routing.read_text().replace("assign: {team: idf}", "assign: {team: idf, method: queue}")
    )
    office.desk.rules.refresh()
    queued(office.desk, sandbox)

    due = Schedule(office).look()
    tend(office.desk)
    office.wake_ups.begun(Job.TEND)
    soon = Schedule(office).look()
    office.wake_ups.begun(Job.TEND)
    clock.forward(181)

    assert Job.TEND in due
    assert Job.TEND not in soon
    assert Job.TEND in Schedule(office).look()


def test_leads_that_nobody_works_on_are_looked_at_every_minute(
    office: Office, sandbox: SandboxClient, clock: Clock
) -> None:
    at(clock, 1)
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    announce(office.desk, contact_id)
    route_all(office.desk)
    schedule = Schedule(office)
    early = schedule.look()
    clock.forward(4 * 3600)
    due = schedule.look()
    office.wake_ups.begun(Job.WATCH)
    clock.forward(30)
    soon = schedule.look()
    clock.forward(30)
    later = schedule.look()

    assert [Job.WATCH in looked for looked in (early, due, soon, later)] == [False, True, False, True]


def test_a_job_that_waits_already_is_not_asked_for_twice(office: Office, redis_client: redis.Redis) -> None:
    office.desk.erasures.ask("501")
    schedule = Schedule(office)
    schedule.look()

    again = Schedule(office).look()

    assert Job.ERASE not in again
    assert redis_client.llen(f"rq:queue:{housekeeping_queue(office.desk.portal)}") >= 1


def test_the_night_runs_once_per_local_date_and_catches_up(office: Office, clock: Clock) -> None:
    at(clock, 1)
    office.nights.born(clock())
    early = nightly_run.is_due(office)
    at(clock, 14)

    late = nightly_run.is_due(office)
    for _ in range(12):
        nightly_run.take_step(office)
    done = nightly_run.is_due(office)
    at(clock, 3, day=25)

    assert (early, late, done, nightly_run.is_due(office)) == (False, True, False, True)


def test_two_schedulers_make_one_night(office: Office, clock: Clock) -> None:
    at(clock, 3)
    day = clock().date()

    began = [office.nights.begin(day, since=clock(), stage="reconcile", now=clock()) for _ in range(2)]

    assert began == [True, False]


def test_two_schedulers_ask_for_the_night_once(office: Office, clock: Clock) -> None:
    at(clock, 3)
    office.nights.born(clock())

    asked = [Job.NIGHT in Schedule(office).look() for _ in range(2)]

    assert asked == [True, False]


def test_a_night_that_is_not_over_at_midnight_goes_on(office: Office, clock: Clock) -> None:
    at(clock, 23)
    office.nights.born(clock())
    nightly_run.take_step(office)
    at(clock, 1, 30, day=25)

    unfinished = nightly_run.is_due(office)
    for _ in nightly_run.STAGES:
        nightly_run.take_step(office)

    assert unfinished
    assert not nightly_run.is_due(office)
    assert office.nights.of(clock().date()) is None


def test_a_process_leaves_the_night_to_the_one_that_is_at_it(
    office: Office, clock: Clock, redis_client: redis.Redis
) -> None:
    at(clock, 3)
    office.nights.born(clock())
    other = Nights(redis_client, office.desk.keys)

    with other.turn() as theirs:
        nightly_run.take_step(office)
        meanwhile = office.nights.of(clock().date())
    nightly_run.take_step(office)

    assert theirs
    assert meanwhile is None
    assert office.nights.of(clock().date()) is not None


def test_the_night_finds_what_no_webhook_announced_and_leaves_older_contacts_alone(
    office: Office, sandbox: SandboxClient, clock: Clock
) -> None:
    (old,) = sandbox.create_exactly(
        [a_hot_contact(createdate=(clock() - timedelta(days=2)).isoformat())], announce=False
    )
    office.nights.born(clock() - timedelta(hours=1))
    missed, owned = sandbox.create_exactly(
        [a_hot_contact(), a_hot_contact(hubspot_owner_id="71480109")], announce=False
    )
    clock.set_to((clock() + timedelta(days=1)).replace(hour=12))

    for _ in range(12):
        nightly_run.take_step(office)
    route_all(office.desk)

    written = {write["id"] for write in sandbox.writes()}
    assert written == {missed}
    assert old not in written
    assert owned not in written


def test_reps_are_told_once_it_is_time(office: Office, clock: Clock) -> None:
    at(clock, 1)
    schedule = Schedule(office)
    schedule.look()
    notice = Notice("501-0-ab", "501", "77", "chat", since_ms=office.desk.now_ms())
    office.desk.notices.note([notice], due_ms=office.desk.now_ms() + 5_000)

    before = schedule.look()
    clock.forward(6)
    after = schedule.look()

    assert (before, after) == ((), (Job.NOTIFY,))
