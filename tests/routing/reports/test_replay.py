"""Every decision comes out again from the ledger alone, and what differs is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from router.hubspot.setup import apply, plan_for
from router.ledger import Ledger
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.reports.replay import NotReplayable, ReplayedDecision, replay_decision
from router.sandbox.http.client import SandboxClient
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.rule_folders import COMPANY

RULE_FILES = ("team.yaml", "lists.yaml", "scoring.yaml", "routing.yaml", "hubspot.catalog.json")


def use_shipped_rules(services: Services, rules: Path) -> None:
    for name in RULE_FILES:
        shutil.copy(COMPANY / name, rules)
    services.rules.refresh()
    apply(services.hubspot, plan_for(services.hubspot))


def replay_all(ledger: Ledger) -> list[ReplayedDecision]:
    found = [replay_decision(ledger, one["id"]) for one in ledger.recent(limit=10_000)]
    assert all(found)
    return [one for one in found if one is not None]


def route_and_record(services: Services, *ids: str) -> None:
    announce(services, *ids)
    route_all(services)
    record_outbox(services)


def test_hundreds_of_people_are_decided_the_same_again(
    services: Services, rules: Path, sandbox: SandboxClient
) -> None:
    use_shipped_rules(services, rules)
    services.store.commits.set_counts({"open:hugo": 79, "open:ines": 118})  # so that caps pass people over
    ids = sandbox.create_contacts(400, seed=7, announce=False)
    route_and_record(services, *ids)

    replayed = replay_all(services.ledger)

    kinds = {one.record["outcome"]["kind"] for one in replayed}
    full = [one for one in replayed if any("au complet" in why for _, why in one.record["passed_over"])]
    assert len(replayed) > 350
    assert kinds == {"assigned", "queued", "nurtured", "left_alone"}
    assert full
    assert [one.differences for one in replayed if not one.identical] == []


def test_a_decision_after_an_owner_was_refused_comes_out_again(
    services: Services, sandbox: SandboxClient
) -> None:
    services.people.owners.by_email()
    sandbox.archive_owner(OWNERS["camille"])
    route_and_record(services, *sandbox.create_exactly([a_hot_contact() for _ in range(4)]))

    replayed = replay_all(services.ledger)

    assert {one.record["episode"] for one in replayed} == {0, 1}
    assert all(one.identical for one in replayed)


def test_an_account_owner_who_is_no_rep_comes_out_again(services: Services, sandbox: SandboxClient) -> None:
    company, reps = sandbox.create_companies(
        [
            {"name": "A", "hubspot_owner_id": OWNERS["claire"]},
            {"name": "B", "hubspot_owner_id": OWNERS["lea"]},
        ]
    )
    ids = sandbox.create_exactly([a_hot_contact(associatedcompanyid=one) for one in (company, reps)])
    route_and_record(services, *ids)

    replayed = replay_all(services.ledger)

    assert {one.record["outcome"]["owner_id"] for one in replayed} == {OWNERS["claire"], OWNERS["lea"]}
    assert all(one.identical for one in replayed)


def test_a_decision_is_replayed_by_the_rules_of_its_day(
    services: Services, rules: Path, sandbox: SandboxClient
) -> None:
    route_and_record(services, *sandbox.create_exactly([a_hot_contact()]))
    routing = rules / "routing.yaml"
    routing.write_text(routing.read_text().replace("default: 4h", "default: 1h"))
    services.rules.refresh()

    (replayed,) = replay_all(services.ledger)

    assert replayed.identical


def test_what_comes_out_differently_is_named(services: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    route_and_record(services, contact_id)
    (decision,) = services.ledger.decisions_of(contact_id)
    tampered = decision | {"id": "tampered", "grade": "C3"}
    services.ledger.record([tampered], [])

    replayed = replay_decision(services.ledger, "tampered")

    assert replayed is not None
    assert {one.field: (one.recorded, one.now) for one in replayed.differences} == {
        "id": ("tampered", decision["id"]),
        "grade": ("C3", "A1"),
    }


def test_a_decision_of_a_revision_that_is_not_kept_cannot_be_replayed(
    services: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    route_and_record(services, contact_id)
    (decision,) = services.ledger.decisions_of(contact_id)
    services.ledger.record([decision | {"id": "older", "revision": "0ld"}], [])

    with pytest.raises(NotReplayable, match="not kept the rule files of revision 0ld"):
        replay_decision(services.ledger, "older")


def test_an_unknown_decision_is_none(services: Services) -> None:
    assert replay_decision(services.ledger, "501-0-abcd") is None
