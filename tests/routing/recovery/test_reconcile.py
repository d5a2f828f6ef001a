"""Contacts that carry another contact's decision are undecided, and are found at the usual cost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from router.hubspot.api.records import Record
from router.routing.intake.decision_ids import is_decided, lost_send
from router.routing.portal.services import Services
from router.routing.recovery.reconcile import reconcile_contacts
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import a_hot_contact, owner_of, queued, route_all
from tests.world.rule_folders import PULLED, with_rules


def search(services: Services) -> int:
    step = reconcile_contacts(
        since=services.clock() - timedelta(days=1),
        hubspot=services.hubspot,
        store=services.store,
        clock=services.clock,
    )
    assert step.after_id is None
    return step.found


@pytest.mark.parametrize(
    ("decision_id", "merged", "decided"),
    [
        ("501-0-1a2b3c4d", "", True),
        ("501-12-1a2b3c4d", "", True),
        ("502-0-1a2b3c4d", "", False),
        ("502-0-1a2b3c4d", "499;502", True),
        ("5010-0-1a2b3c4d", "", False),
        ("501", "", False),
        ("", "", False),
    ],
)
def test_only_a_decision_about_the_contact_itself_counts(
    decision_id: str, merged: str, decided: bool
) -> None:
    properties = {"lead_router_decision_id": decision_id, "hs_merged_object_ids": merged}
    record = Record("501", properties)

    assert is_decided(record) is decided
    assert (lost_send(record) is not None) is decision_id.startswith("501-")


def test_a_copy_of_a_lead_is_found_and_decided_for_itself(services: Services, sandbox: SandboxClient) -> None:
    (original,) = queued(services, sandbox)
    copied = sandbox.contact(original)["properties"]["lead_router_decision_id"]
    (copy,) = sandbox.create_exactly([a_hot_contact(email="b@acier.fr")], announce=False)
    sandbox.edit_by_hand(copy, properties={"lead_router_decision_id": copied})

    assert search(services) == 1
    route_all(services)

    state = services.store.leads.recall([copy])[copy]
    now_says = sandbox.contact(copy)["properties"]["lead_router_decision_id"]
    assert (state.state, state.decision_id) == (State.WRITTEN, now_says)
    assert state.decision_id.startswith(f"{copy}-0-")
    assert owner_of(sandbox, copy)
    assert search(services) == 0


def test_waiting_leads_are_looked_through_and_left_alone(
    services: Services, sandbox: SandboxClient, rules: Path
) -> None:
    with_rules(services, rules, PULLED)
    queued(services, sandbox, 3)
    assert "contacts/search" not in sandbox.calls()["endpoints"]

    assert search(services) == 0
    assert sum(sandbox.calls()["endpoints"]["contacts/search"].values()) == 1
