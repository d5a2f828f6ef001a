"""Shadow mode is compared with HubSpot's own rotation, lead by lead."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.reports.compare import ShadowComparison, compare_leads
from router.sandbox.http.client import SandboxClient
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.rule_folders import set_mode
from tests.world.time import Clock


@pytest.fixture
def shadow(services: Services, rules: Path) -> Services:
    set_mode(services, rules, "shadow")
    return services


def route_and_compare(
    services: Services, *ids: str, since: timedelta = timedelta(days=7)
) -> ShadowComparison:
    announce(services, *ids)
    route_all(services)
    record_outbox(services)
    return compare_leads(
        since=services.clock() - since,
        hubspot=services.hubspot,
        ledger=services.ledger,
        rules=services.rules,
        people=services.people,
    )


def test_each_lead_is_compared_with_its_present_owner(shadow: Services, sandbox: SandboxClient) -> None:
    rotated = [a_hot_contact(hubspot_owner_id=OWNERS[rep]) for rep in ("camille", "claire")]
    ids = sandbox.create_exactly([*rotated, a_hot_contact(), a_hot_contact(type_demande="support")])

    found = route_and_compare(shadow, *ids)

    assert [(pair.theirs, pair.ours) for pair in found.pairs] == [
        (OWNERS["camille"], OWNERS["camille"]),
        (OWNERS["claire"], OWNERS["hugo"]),
        ("", OWNERS["lea"]),
        ("", ""),
    ]
    assert (found.same, found.agreement) == (2, 0.5)
    assert [pair.contact_id for pair in found.differences] == ids[1:3]


def test_shares_are_told_both_ways_by_name(shadow: Services, sandbox: SandboxClient) -> None:
    ids = sandbox.create_exactly([a_hot_contact(hubspot_owner_id=OWNERS["claire"]) for _ in range(8)])

    found = route_and_compare(shadow, *ids)

    named = [(found.name(owner), theirs, ours) for owner, theirs, ours in found.shares()]
    assert named == [("camille", 0, 4), ("hugo", 0, 2), ("lea", 0, 2), ("Claire Fontaine", 8, 0)]


def test_a_lead_that_hubspot_rotated_after_we_decided_counts_with_its_owner_of_now(
    shadow: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(shadow, contact_id)
    route_all(shadow)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["camille"])
    record_outbox(shadow)

    found = compare_leads(
        since=shadow.clock() - timedelta(days=1),
        hubspot=shadow.hubspot,
        ledger=shadow.ledger,
        rules=shadow.rules,
        people=shadow.people,
    )

    assert found.agreement == 1.0


def test_deleted_leads_and_live_decisions_and_older_ones_are_left_out(
    services: Services, rules: Path, sandbox: SandboxClient, clock: Clock
) -> None:
    live, old, gone, compared = (sandbox.create_exactly([a_hot_contact()])[0] for _ in range(4))
    route_and_compare(services, live)
    set_mode(services, rules, "shadow")
    route_and_compare(services, old)
    clock.forward(3_600)
    announce(services, gone)
    route_all(services)
    sandbox.delete(gone)

    found = route_and_compare(services, compared, since=timedelta(minutes=30))

    assert [pair.contact_id for pair in found.pairs] == [compared]
    assert found.gone == 1


def test_hundreds_of_leads_are_read_a_hundred_at_a_time(shadow: Services, sandbox: SandboxClient) -> None:
    ids = sandbox.create_contacts(250, seed=3, announce=False)
    announce(shadow, *ids)
    route_all(shadow)
    record_outbox(shadow)
    shadow.people.owners.by_email()
    before = sandbox.calls()["total"]

    found = compare_leads(
        since=shadow.clock() - timedelta(days=1),
        hubspot=shadow.hubspot,
        ledger=shadow.ledger,
        rules=shadow.rules,
        people=shadow.people,
    )

    assert len(found.pairs) == 250
    assert sandbox.calls()["total"] - before == 3


def test_a_lead_that_was_revised_is_compared_by_its_last_decision(
    shadow: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact(hubspot_owner_id=OWNERS["claire"])])
    route_and_compare(shadow, contact_id)
    (first,) = shadow.ledger.decisions_of(contact_id)
    outcome = {"kind": "assigned", "rep": "claire", "owner_id": OWNERS["claire"], "team": "idf"}
    at = datetime.fromisoformat(first["decided_at"]) + timedelta(seconds=40)
    changed = {"id": f"{contact_id}-1-ab", "episode": 1, "decided_at": at.isoformat(), "outcome": outcome}
    shadow.ledger.record([{**first, **changed}], [])

    (pair,) = route_and_compare(shadow).pairs

    assert (first["outcome"]["owner_id"] != OWNERS["claire"], pair.ours) == (True, OWNERS["claire"])
