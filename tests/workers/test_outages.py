"""Outages park no lead for good; a lead that fails while others are written is parked after some tries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from msgspec import structs

from router.hubspot.api.errors import OutcomeUnknown, Refused
from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import Outcome, ReadAnswer
from router.routing.intake import deciding
from router.routing.intake.transitions.parking import MOST_TRIES
from router.routing.portal.services import Services
from router.routing.recovery.resume import resume_parked
from router.sandbox.http.client import SandboxClient
from router.store import lead_fields
from router.store.inbox.inbox import GROUP
from router.store.leads.leads import State
from router.store.repair.redrive import goes_on_by_itself
from tests.world.leads import a_hot_contact, announce, crash, owner_of
from tests.world.time import Clock
from workers.drain import BatchSnoozed, run_batch

LEASE_S = 30
WRITES = "contacts/batch/update"
READS = "contacts/batch/read"


@dataclass
class Intake:
    """The intake of a portal over some leases: workers that take, fail, and take over what was left."""

    services: Services
    sandbox: SandboxClient
    clock: Clock
    redis: redis.Redis

    def pass_leases(self, count: int) -> None:
        """Every lead that waits is tried once a lease, by a worker of its own, for so many leases."""
        for _ in range(count):
            self.services.hubspot.budget.resume()  # a pause ends long before the lease does
            self.work()
            self.clock.forward(LEASE_S)
            self.let_claims_lapse()

    def work(self) -> None:
        """What a drain does until nothing can be taken, or calls have to wait."""
        while entries := self.services.store.inbox.take("worker"):
            try:
                run_batch(self.services, entries, consumer="worker")
            except BatchSnoozed:
                return

    def let_claims_lapse(self) -> None:
        """Make all claims abandoned now; their deliveries are not changed."""
        for stream in (self.services.store.keys.inbox, self.services.store.keys.inbox_low):
            for claim in self.redis.xpending_range(stream, GROUP, "-", "+", 1_000):
                self.redis.execute_command(
                    *("XCLAIM", stream, GROUP, claim["consumer"], 0, claim["message_id"]),
                    *("IDLE", 60_000, "JUSTID"),
                )

    def most_deliveries(self) -> int:
        """The highest number of deliveries among the claims."""
        claims = self.redis.xpending_range(self.services.store.keys.inbox, GROUP, "-", "+", 1_000)
        return max((claim["times_delivered"] for claim in claims), default=0)

    def new_leads(self, count: int, **properties: str) -> list[str]:
        """New contacts of the portal, announced."""
        ids = self.sandbox.create_exactly([a_hot_contact(**properties) for _ in range(count)])
        announce(self.services, *ids)
        return ids

    def without_owner(self, ids: Collection[str]) -> list[str]:
        return [one for one in ids if not owner_of(self.sandbox, one)]

    def parked(self) -> dict[str, bool]:
        """Whether each parked lead goes on by itself."""
        return {one: goes_on_by_itself(why) for one, why in self.services.store.leads.parked().items()}


@pytest.fixture
def intake(services: Services, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis) -> Intake:
    services.people.owners.by_email()
    return Intake(services, sandbox, clock, redis_client)


class Bad:
    """The gateway in front of a portal that does not like some contacts.

    The sandbox breaks calls, not contacts; everything else is the real gateway.
    """

    def __init__(self, gateway: Gateway, *, hangs: Collection[str] = (), unreadable: Collection[str] = ()):
        self._gateway = gateway
        self._hangs, self._unreadable = frozenset(hangs), frozenset(unreadable)
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def update_contacts(self, changes: Mapping[str, Mapping[str, str]], **more: Any) -> dict[str, Outcome]:
        if self._hangs & changes.keys():
            raise OutcomeUnknown("HubSpot gave no usable answer")
        return self._gateway.update_contacts(changes, **more)

    def read_contacts(self, ids: Sequence[str], properties: Sequence[str], **more: Any) -> ReadAnswer:
        self.reads += 1
        if self._unreadable & set(ids):
            raise Refused("HubSpot refuses contacts/read", category="VALIDATION_ERROR")
        return self._gateway.read_contacts(ids, properties, **more)


def with_bad(intake: Intake, **bad: Collection[str]) -> Intake:
    return replace(
        intake, services=structs.replace(intake.services, hubspot=Bad(intake.services.hubspot, **bad))
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "on"),
    [
        *((kind, WRITES) for kind in ("500", "garbage", "reset", "429", "403")),
        ("503", READS),
        ("401", "any"),
    ],
)
def test_an_outage_of_minutes_parks_nothing(intake: Intake, kind: str, on: str) -> None:
    ids = intake.new_leads(12)
    intake.sandbox.break_with(kind, on=on, rate=1.0)

    intake.pass_leases(MOST_TRIES + 1)
    parked = intake.parked()
    intake.sandbox.repair()
    intake.pass_leases(3)

    assert parked == {}
    assert intake.without_owner(ids) == []
    assert not intake.services.store.inbox.has_work()


def test_after_an_outage_leads_travel_together_again(intake: Intake) -> None:
    ids = intake.new_leads(60)
    intake.sandbox.break_with("500", on=WRITES, rate=1.0)
    intake.pass_leases(MOST_TRIES + 3)
    intake.sandbox.repair()
    intake.services.hubspot.budget.resume()
    before = intake.sandbox.calls()["total"]

    intake.work()

    assert intake.without_owner(ids) == []
    assert intake.sandbox.calls()["total"] - before <= 6, "one goes ahead, the others follow in one batch"


def test_a_lead_whose_write_always_hangs_is_parked_and_holds_up_nobody(intake: Intake) -> None:
    (bad,) = intake.new_leads(1)
    others = intake.new_leads(30)
    at_work = with_bad(intake, hangs=[bad])

    at_work.pass_leases(4)
    stuck = intake.without_owner(others)
    for _ in range(MOST_TRIES):
        others += intake.new_leads(1)
        at_work.pass_leases(1)

    assert stuck == []
    assert intake.without_owner(others) == []
    assert at_work.parked() == {bad: False}


def test_a_lead_whose_write_always_hangs_is_not_blamed_while_nobody_is_written(intake: Intake) -> None:
    (bad,) = intake.new_leads(1)
    at_work = with_bad(intake, hangs=[bad])

    at_work.pass_leases(MOST_TRIES + 3)

    assert at_work.parked() == {}
    assert at_work.most_deliveries() < MOST_TRIES


def test_several_leads_whose_writes_hang_are_told_from_the_others(intake: Intake) -> None:
    bad, others = intake.new_leads(3), intake.new_leads(20)
    at_work = with_bad(intake, hangs=bad)

    at_work.pass_leases(6)
    for _ in range(MOST_TRIES):
        others += intake.new_leads(1)
        at_work.pass_leases(1)

    assert intake.without_owner(others) == []
    assert at_work.parked() == dict.fromkeys(sorted(bad), False)


def test_a_lead_that_cannot_be_read_is_parked_and_holds_up_nobody(intake: Intake) -> None:
    """HubSpot refuses a whole batch read for one bad id."""
    (bad,) = intake.new_leads(1)
    others = intake.new_leads(30)
    at_work = with_bad(intake, unreadable=[bad])

    at_work.pass_leases(1)
    stuck = intake.without_owner(others)
    for _ in range(MOST_TRIES + 1):
        others += intake.new_leads(1)
        at_work.pass_leases(1)

    assert stuck == []
    assert intake.without_owner(others) == []
    assert at_work.parked() == {bad: False}


def test_reads_that_are_all_refused_are_given_up_after_a_few_calls(intake: Intake) -> None:
    ids = intake.new_leads(100)
    at_work = with_bad(intake, unreadable=ids)

    at_work.work()

    assert at_work.services.hubspot.reads <= 14  # type: ignore[attr-defined]
    assert at_work.parked() == {}
    assert at_work.most_deliveries() == 0, "nothing counts: they are given back"


def test_a_lead_that_kills_its_worker_is_parked_after_bounded_tries(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bad,) = intake.new_leads(1)
    others = intake.new_leads(10)
    kills(monkeypatch, bad)
    deaths = 0
    for _ in range(MOST_TRIES + 4):
        others += intake.new_leads(1)
        for _ in range(3):  # a new worker takes over from a dead one
            try:
                intake.work()
                break
            except SystemExit:
                deaths += 1
        intake.clock.forward(LEASE_S)
        intake.let_claims_lapse()

    assert intake.without_owner(others) == []
    assert intake.parked() == {bad: False}
    assert deaths <= MOST_TRIES


def test_a_lead_alone_that_kills_its_worker_is_set_aside_until_others_are_written(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bad,) = intake.new_leads(1)
    kills(monkeypatch, bad)
    for _ in range(MOST_TRIES):
        with pytest.raises(SystemExit):
            intake.work()
        intake.clock.forward(LEASE_S)
        intake.let_claims_lapse()
    intake.work()

    assert intake.parked() == {bad: True}


def kills(monkeypatch: pytest.MonkeyPatch, contact_id: str) -> None:
    """Whoever decides this lead dies, as by a fault in native code."""
    decide = deciding.decide

    def deadly(compiled: Any, lead: Any, world: Any, request: Any) -> Any:
        if request.contact_id == contact_id:
            crash()
        return decide(compiled, lead, world, request)

    monkeypatch.setattr(deciding, "decide", deadly)


@pytest.fixture
def misfit(intake: Intake, rules: Path) -> Intake:
    """Rules under which cold leads get a value that HubSpot refuses."""
    catalog, routing, scoring = (
        rules / name for name in ("hubspot.catalog.json", "routing.yaml", "scoring.yaml")
    )
    catalog.write_text(catalog.read_text().replace('"value": "contenu"', '"value": "reve"'))
    routing.write_text(routing.read_text().replace("lifecyclestage: lead", "type_demande: reve"))
    scoring.write_text(scoring.read_text().replace(", contenu: 10", ""))
    intake.services.rules.refresh()
    return intake


COLD = {"jobtitle": "Comptable", "type_demande": ""}


def test_a_lead_that_is_refused_beside_others_needs_a_person(misfit: Intake) -> None:
    (cold,) = misfit.new_leads(1, **COLD)
    misfit.new_leads(5)

    misfit.work()

    assert misfit.parked() == {cold: False}


def test_a_lead_refused_alone_is_tried_again_and_needs_a_person_once_others_are_written(
    misfit: Intake,
) -> None:
    (cold,) = misfit.new_leads(1, **COLD)
    misfit.work()
    alone = misfit.parked()
    misfit.clock.forward(5)
    misfit.new_leads(2)
    misfit.work()

    resumed = resume_parked(misfit.services)
    misfit.work()

    assert alone == {cold: True}
    assert resumed == 1
    assert misfit.parked() == {cold: False}


def test_what_everybody_was_refused_goes_on_once_one_is_written(misfit: Intake, rules: Path) -> None:
    """The refusals begin right after a success, as an outage does."""
    misfit.new_leads(1)
    misfit.work()
    misfit.clock.forward(2)
    cold = misfit.new_leads(12, **COLD)
    misfit.work()
    refused = misfit.parked()
    allow_the_refused_value(misfit)
    misfit.clock.forward(40)

    sent = [resume_parked(misfit.services)]
    misfit.work()
    misfit.clock.forward(40)
    sent.append(resume_parked(misfit.services))
    misfit.work()

    assert refused == dict.fromkeys(sorted(cold), True)
    assert sent == [1, 11]
    assert misfit.parked() == {}
    states = misfit.services.store.leads.recall(cold)
    assert {states[one].state for one in cold} == {State.DONE}


def allow_the_refused_value(intake: Intake) -> None:
    """HubSpot takes the value now: the decisions are changed to one that it knows."""
    lead_of = intake.services.store.keys.lead
    for name in intake.redis.scan_iter(lead_of("*")):
        changes = intake.redis.hget(name, lead_fields.CHANGES)
        if changes:
            intake.redis.hset(name, lead_fields.CHANGES, str(changes).replace("reve", "contenu"))


def test_probes_become_rarer_and_nothing_is_sent_while_calls_are_paused(misfit: Intake) -> None:
    misfit.new_leads(3, **COLD)
    misfit.work()
    probes = []
    for second in range(0, 600, 15):
        if resume_parked(misfit.services):
            probes.append(second)
        misfit.work()
        misfit.clock.forward(15)
    misfit.services.hubspot.budget.pause("HubSpot refuses our token", timedelta(hours=2))
    misfit.clock.forward(3600)

    assert probes == [0, 30, 90, 210, 450]
    assert resume_parked(misfit.services) == 0


def test_what_an_earlier_version_parked_after_an_outage_goes_on_by_itself(intake: Intake) -> None:
    old = intake.sandbox.create_exactly([a_hot_contact() for _ in range(5)])
    since = intake.clock().isoformat()
    for one in old:
        why = '{"why":"It was tried 8 times and never finished; the log says why.","since":"' + since + '"}'
        known = {lead_fields.STATE: "parked", lead_fields.EPISODE: "0"}
        intake.redis.hset(intake.services.store.keys.lead(one), mapping=known)
        intake.redis.hset(intake.services.store.keys.parked, one, why)
    intake.redis.hset(
        intake.services.store.keys.parked, "499", '{"why":"reve was not allowed","since":"' + since + '"}'
    )
    intake.clock.forward(60)
    intake.new_leads(2)
    intake.work()

    resumed = resume_parked(intake.services)
    intake.work()

    assert resumed == 5
    assert intake.without_owner(old) == []
    assert intake.parked() == {"499": False}


def test_leads_that_wait_behind_others_are_not_counted_while_calls_are_paused(intake: Intake) -> None:
    intake.new_leads(6)
    intake.sandbox.break_with("500", on=WRITES, rate=1.0)
    intake.pass_leases(3)
    before = intake.most_deliveries()
    intake.sandbox.repair()
    intake.services.hubspot.budget.resume()
    intake.sandbox.break_with("429", on="any", rate=1.0)

    intake.pass_leases(4)

    assert intake.most_deliveries() <= before
