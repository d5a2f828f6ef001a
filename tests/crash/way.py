"""A lead's way through the product, walked once in this process: which role makes which call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from msgspec.structs import replace

from router.bootstrap import ProcessContext, open_context
from router.clock import real_clock
from router.deadlines import VERIFY_AFTER
from router.routing.portal.services import Services
from router.sandbox.delivery.webhooks import signed_headers
from router.settings import read_settings
from router.store.clients import receiver_client, redis_url
from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.timestamps import epoch_ms
from router.wakeups import Job, WakeUps
from router.web.app import create_app
from tests.crash.calls import instrumented
from tests.world.fleet import PORTAL, PUBLIC_URL, Fleet
from tests.world.leads import LATE_FACT, OWNERS, a_sure_contact
from workers import jobs, process
from workers.schedule import Schedule

OF_THE_HOUR = {Job.NIGHT, Job.UPGRADE_LEDGER, Job.SUM_DAYS, Job.PRUNE}
"""Work that depends on the hour or on old data; its own tests kill it."""


@dataclass(frozen=True, slots=True)
class Way:
    """Who makes which call on a lead's way, and which operations of the portal that takes."""

    calls: tuple[tuple[str, str], ...]
    """Role and call, in the order in which they were first made."""
    operations: tuple[str, ...]
    """HubSpot's endpoints, such as `contacts/batch/update`."""


@dataclass(slots=True)
class _Walk:
    fleet: Fleet
    role: str = ""
    ahead: timedelta = timedelta(0)
    calls: dict[tuple[str, str], None] = field(default_factory=dict)

    def note(self, _moment: str, call: str) -> None:
        self.calls.setdefault((self.role, call))

    def clock(self) -> datetime:
        return real_clock() + self.ahead


def way_of_a_lead(fleet: Fleet) -> Way:
    """Walk the way on a fleet whose processes do not run: announced, routed, covered a person's choice,
    verified, given back, recorded, changed by a person afterwards, cleared and put into a queue, merged.
    Facts of two other leads come late: one moves to another rep, of the other only the score is shown.
    """
    walk = _Walk(fleet)
    setting_up = fleet.sandbox.calls()["endpoints"]
    with instrumented(walk.note):
        post, context = _receiver(walk), _context(walk)
        fleet.sandbox.stop_deliveries()
        _first_lead(walk, context)
        ids = fleet.sandbox.create_exactly([a_sure_contact() for _ in range(4)])
        fleet.sandbox.overtake(of=ids[:1], times=1, owner=OWNERS["claire"])
        post([_event(one, "creation") for one in ids])
        walk.role = "worker"
        jobs.drain(PORTAL)
        _keep_house(walk, context)
        fleet.sandbox.edit_by_hand(ids[1], owner=OWNERS["claire"])
        post([_event(ids[1], "propertyChange")])
        _keep_house(walk, context)
        fleet.sandbox.edit_by_hand(ids[2], properties=LATE_FACT)
        fleet.sandbox.edit_by_hand(ids[3], properties={"jobtitle": "Comptable"})
        post([_event(ids[2], "propertyChange", name="country")])
        post([_event(ids[3], "propertyChange", name="jobtitle")])
        _keep_house(walk, context)
        walk.role = "worker"
        jobs.drain(PORTAL)
        _keep_house(walk, context)
        fleet.sandbox.edit_by_hand(ids[1], owner="")
        post([_event(ids[1], "propertyChange")])
        _keep_house(walk, context)
        walk.role = "worker"
        jobs.drain(PORTAL)
        survivor = fleet.sandbox.merge(ids[1], into=ids[0])
        post([_merge(ids[:2], into=survivor)])
        _keep_house(walk, context)
    fleet.sandbox.overtake()
    operations = [one for one in fleet.sandbox.calls()["endpoints"] if one not in setting_up]
    if "contacts/batch/read" in operations:
        operations.append("contacts/batch/read/history")
    return Way(tuple(walk.calls), tuple(operations))


def _first_lead(walk: _Walk, context: ProcessContext) -> None:
    """The first lead of a portal, which begins the share book: what that takes is on no other lead's way."""
    known = dict(walk.calls)
    context.services.store.inbox.append(
        [(one, 0) for one in walk.fleet.sandbox.create_exactly([a_sure_contact()])]
    )
    jobs.drain(PORTAL)
    _keep_house(walk, context)
    walk.fleet.redis.delete(walk.fleet.keys.owners)
    walk.calls = known


def _keep_house(walk: _Walk, context: ProcessContext) -> None:
    """What schedule and housekeeping do in the time after an event, until nothing is due."""
    schedule = Schedule(context)
    for _ in range(3):
        walk.ahead += 2 * VERIFY_AFTER
        walk.role = "cron"
        asked = [job for job in schedule.look() if job not in OF_THE_HOUR]
        walk.role = "housekeeping"
        for job in asked:
            getattr(jobs, job.name.lower())(PORTAL)


def _context(walk: _Walk) -> ProcessContext:
    walk.role = "opening"
    context = open_context(read_settings(walk.fleet.environment), role="worker")
    services: Services = replace(context.services, clock=walk.clock)
    context = replace(context, services=services)
    process.serve(context)
    services.store.inbox.open()
    services.rules.refresh()
    services.store.nights.born(services.clock())
    walk.calls = {(role, call): None for role, call in walk.calls if role != "opening"}
    return context


def _receiver(walk: _Walk) -> Callable[[list[dict[str, object]]], None]:
    walk.role = "opening"
    settings = read_settings(walk.fleet.environment)
    url, keys = redis_url(settings), walk.fleet.keys
    client = receiver_client(url, decode=True)
    app = create_app(
        settings=settings,
        inbox=Inbox(client, keys),
        wake=WakeUps(receiver_client(url, decode=False), PORTAL).drain,
        vitals=Vitals(client, keys),
    )
    browser = app.test_client()

    def post(events: list[dict[str, object]]) -> None:
        walk.role = "web"
        body = orjson.dumps(events)
        headers = signed_headers(body, secret=walk.fleet.sandbox.client_secret, url=PUBLIC_URL)
        with browser.post("/webhooks/hubspot", data=body, headers=headers) as answer:
            assert answer.status_code == 200, answer.text

    return post


def _event(contact_id: str, kind: str, *, name: str = "hubspot_owner_id") -> dict[str, object]:
    event: dict[str, object] = {
        "eventId": int(contact_id),
        "portalId": int(PORTAL),
        "occurredAt": epoch_ms(real_clock()),
        "subscriptionType": f"contact.{kind}",
        "objectId": int(contact_id),
    }
    changed: dict[str, object] = {"propertyName": name, "propertyValue": OWNERS["claire"]}
    return event | (changed if kind == "propertyChange" else {"changeFlag": "CREATED"})


def _merge(contact_ids: Sequence[str], *, into: str) -> dict[str, object]:
    primary, *others = map(int, contact_ids)
    merged = {"primaryObjectId": primary, "mergedObjectIds": others, "newObjectId": int(into)}
    event = _event(into, "merge") | merged
    del event["objectId"]
    return event
