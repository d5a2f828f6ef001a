"""What no webhook announced is found within a quarter of an hour, once, however long the outage was."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from router.bootstrap import ProcessContext
from router.hubspot.routing_properties import OWNER
from router.routing.recovery import reconcile as reconciling
from router.sandbox.http.client import SandboxClient
from router.store.repair.reconciled import Window
from router.wakeups import Job
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.time import NOW, Clock
from workers.reconciling import look_back
from workers.schedule import Schedule


def searches(sandbox: SandboxClient) -> int:
    return sum(
        sum(times.values()) for name, times in sandbox.calls()["endpoints"].items() if "search" in name
    )


def created(hours_ago: float, **more: str) -> dict[str, str]:
    at = NOW - timedelta(hours=hours_ago)
    return a_hot_contact(createdate=at.isoformat(), **more)


def test_contacts_that_no_webhook_announced_are_routed_and_the_others_left_alone(
    context: ProcessContext, sandbox: SandboxClient
) -> None:
    missed, owned = sandbox.create_exactly(
        [created(0.5), created(0.5, hubspot_owner_id=OWNERS["claire"])], announce=False
    )

    found = look_back(context)
    route_all(context.services)

    assert found == 1
    assert {write["id"] for write in sandbox.writes()} == {missed}
    assert sandbox.contact(owned)["owner"] == OWNERS["claire"]


def test_a_look_that_finds_nothing_is_one_search(context: ProcessContext, sandbox: SandboxClient) -> None:
    routed = sandbox.create_exactly([created(0.5) for _ in range(5)], announce=False)
    announce(context.services, *routed)
    route_all(context.services)
    look_back(context)  # the first look of a new Redis searches for lost writes, too
    before = searches(sandbox)

    found = look_back(context)

    assert (found, searches(sandbox) - before) == (0, 1)


def test_a_contact_that_waits_already_is_not_appended_again(
    context: ProcessContext, sandbox: SandboxClient, redis_client: redis.Redis, clock: Clock
) -> None:
    ids = sandbox.create_exactly([created(0.2) for _ in range(3)], announce=False)

    found = [look_back(context) for _ in range(3)]
    waiting = redis_client.xlen(context.services.store.keys.inbox_low)
    route_all(context.services)

    assert (found, waiting) == ([3, 0, 0], 3)
    assert all(sandbox.contact(one)["owner"] for one in ids)
    assert redis_client.hlen(context.services.store.keys.low_ids) == 0
    assert look_back(context) == 0


def test_a_claimed_lead_that_was_never_written_is_waiting_and_not_appended(
    context: ProcessContext, sandbox: SandboxClient
) -> None:
    sandbox.create_exactly([created(0.2)], announce=False)
    look_back(context)
    assert len(context.services.store.inbox.take("a worker that dies")) == 1

    assert look_back(context) == 0


def test_after_six_hours_without_webhooks_every_contact_gets_one_owner(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock
) -> None:
    look_back(context)
    clock.forward(6 * 3600)
    ids = []
    for hour in range(6):
        at = (clock() - timedelta(hours=hour, minutes=30)).isoformat()
        ids += sandbox.create_exactly([a_hot_contact(createdate=at) for _ in range(20)], announce=False)

    found = look_back(context)
    announce(context.services, *ids[:10])  # HubSpot delivers some of them after all
    route_all(context.services)

    owners = [write for write in sandbox.writes() if OWNER in write["properties"]]
    assert found == 120
    assert sorted(write["id"] for write in owners) == sorted(ids)
    assert all(sandbox.contact(one)["owner"] for one in ids)


def test_more_contacts_than_a_search_shows_are_found_page_by_page_and_a_step_can_be_left(
    context: ProcessContext, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "PAGES_PER_STEP", 1)  # so that few contacts are many steps
    sandbox.settings(search_short_pages=True, search_ghosts=3)
    ids = sandbox.create_exactly([created(0.2) for _ in range(900)], announce=False)

    found = []
    while not found or context.services.store.reconciled.open_window():
        found.append(look_back(context))
    entries = context.services.store.inbox.take("test", limit=1000)

    assert len(found) > 2
    assert sorted(one.contact_id for one in entries) == sorted(ids)
    sandbox.settings(search_short_pages=False, search_ghosts=0)


def test_a_portal_that_was_never_set_up_is_looked_through_too(
    context: ProcessContext, sandbox: SandboxClient
) -> None:
    """Shadow mode writes nothing, so it needs no properties of ours."""
    sandbox.reset()  # and with it go the properties
    (missed,) = sandbox.create_exactly([created(0.2)], announce=False)

    assert look_back(context) == 1
    assert [entry.contact_id for entry in context.services.store.inbox.take("test")] == [missed]
    assert look_back(context) == 0


def test_what_search_shows_late_is_found_by_the_next_window(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock
) -> None:
    sandbox.settings(search_lag_ms=3_600_000)
    (late,) = sandbox.create_exactly([created(0.01)], announce=False)
    early = look_back(context)
    sandbox.settings(search_lag_ms=0)
    clock.forward(15 * 60)

    found = look_back(context)

    assert (early, found) == (0, 1)
    assert [entry.contact_id for entry in context.services.store.inbox.take("test")] == [late]


def test_an_emptied_redis_does_not_forget_since_when_we_are_here(
    context: ProcessContext, sandbox: SandboxClient, redis_client: redis.Redis, clock: Clock
) -> None:
    clock.forward(3600)
    at = clock() - timedelta(minutes=30)
    (missed,) = sandbox.create_exactly([a_hot_contact(createdate=at.isoformat())], announce=False)
    redis_client.flushall()

    found = look_back(context)

    assert found == 1
    assert [entry.contact_id for entry in context.services.store.inbox.take("test")] == [missed]


def test_the_schedule_looks_every_quarter_of_an_hour_and_goes_on_with_a_window_that_was_left(
    context: ProcessContext, clock: Clock
) -> None:
    schedule = Schedule(context)
    first = schedule.look()
    context.wake_ups.begun(Job.RECONCILE)
    look_back(context)
    second = schedule.look()
    context.services.store.reconciled.put(Window(clock().isoformat(), clock().isoformat(), "501"))

    left = schedule.look()
    context.wake_ups.begun(Job.RECONCILE)
    look_back(context)
    ended = schedule.look()
    clock.forward(15 * 60)

    later = schedule.look()

    due = [Job.RECONCILE in looked for looked in (first, second, left, ended, later)]
    assert due == [True, False, True, False, True]
