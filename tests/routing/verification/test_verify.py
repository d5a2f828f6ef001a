"""A person's choice that our write covered is given back, and nobody's choice is taken for ours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.time import Clock


def test_a_choice_made_between_our_read_and_our_write_is_given_back_with_its_status(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(6)])
    announce(services, *ids)
    sandbox.overtake(times=2, owner=OWNERS["claire"])
    route_all(services)

    for _ in range(3):
        clock.forward(4)
        verify_owners(services)

    chosen = {choice["contact"] for choice in sandbox.human_choices()}
    owners = {one: sandbox.contact(one)["properties"]["hubspot_owner_id"] for one in ids}
    assert len(chosen) == 2
    assert all(owners[one] == OWNERS["claire"] for one in chosen)
    assert all(owners[one] != OWNERS["claire"] for one in set(ids) - chosen)
    states = services.store.leads.recall(ids)
    assert {states[one].state for one in chosen} == {State.HUMAN}
    assert {states[one].state for one in set(ids) - chosen} == {State.DONE}


def test_the_share_of_a_lead_given_back_is_given_back_too(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(4)])
    announce(services, *ids)
    sandbox.overtake(times=4, owner=OWNERS["claire"])
    route_all(services)

    for _ in range(3):
        clock.forward(4)
        verify_owners(services)

    fields, _ = services.store.commits.read_book()
    assert {value for name, value in fields.items() if name.startswith(("credit:", "open:"))} == {0}


def test_a_person_who_changes_the_owner_later_is_left_in_peace(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    route_all(services)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
    clock.forward(4)

    verify_owners(services)

    assert sandbox.contact(contact_id)["properties"]["hubspot_owner_id"] == OWNERS["claire"]
    assert services.store.leads.recall([contact_id])[contact_id].state is State.HUMAN
    assert len(sandbox.writes()) == 1


def test_a_lead_is_looked_at_while_an_earlier_write_of_unknown_outcome_may_be_applied(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    sandbox.break_with("applied_then_502", on="contacts/batch/update", next=1)
    route_all(services)
    clock.forward(4)
    verify_owners(services)
    state = services.store.leads.recall([contact_id])[contact_id]
    assert (state.state, bool(state.unanswered_at_ms), bool(state.changes)) == (State.DONE, True, True)

    clock.forward(100)
    assert verify_owners(services).looked_at == 1
    clock.forward(48 * 3600)
    assert verify_owners(services).looked_at == 1

    state = services.store.leads.recall([contact_id])[contact_id]
    assert (state.state, bool(state.unanswered_at_ms), bool(state.changes)) == (State.DONE, False, False)


def test_what_was_given_back_is_told_in_the_ledger(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    route_all(services)
    clock.forward(4)
    verify_owners(services)

    record_outbox(services)

    restored = services.ledger.events_of(contact_id)[-1]
    assert restored.kind == "restored"
    assert restored.detail == {"owner_id": OWNERS["claire"], "ours": OWNERS["camille"]}


@pytest.mark.parametrize("minutes", [-10, -3.5, 3.5, 10])
def test_a_clock_that_differs_from_hubspots_hides_no_choice(
    services: Services, sandbox: SandboxClient, clock: Clock, minutes: float
) -> None:
    clock.ahead += timedelta(minutes=minutes)
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    route_all(services)
    clock.forward(4)

    assert verify_owners(services).restored == 1

    assert sandbox.contact(contact_id)["properties"]["hubspot_owner_id"] == OWNERS["claire"]
