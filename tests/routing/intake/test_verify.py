"""A person's choice that our write covered is given back, and nobody's choice is taken for ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from router.hubspot.api.records import HistoryEntry
from router.routing.intake.verify import HistoryFinding, read_history, verify_owners
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.time import Clock

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def ours(value: str = "A", *, at_s: float = 0) -> HistoryEntry:
    return HistoryEntry(value, NOW + timedelta(seconds=at_s), "INTEGRATION", "10457515")


def theirs(value: str, *, at_s: float = 0) -> HistoryEntry:
    return HistoryEntry(value, NOW + timedelta(seconds=at_s), "CRM_UI", "userId:1")


@pytest.mark.parametrize(
    ("history", "finding"),
    [
        ([ours()], HistoryFinding("ours stands")),
        ([ours(at_s=2), ours(at_s=1)], HistoryFinding("ours stands")),
        ([ours(at_s=2), theirs("", at_s=1), theirs("X", at_s=-9)], HistoryFinding("ours stands")),
        ([ours(at_s=2), theirs("B", at_s=1)], HistoryFinding("theirs was covered", covered="B")),
        (
            [ours(at_s=3), theirs("B", at_s=2), ours(at_s=1)],
            HistoryFinding("theirs was covered", covered="B"),
        ),
        ([ours(at_s=2), theirs("A", at_s=1)], HistoryFinding("ours stands")),
        ([theirs("B", at_s=3), ours(at_s=2)], HistoryFinding("theirs stands")),
        ([theirs("A", at_s=3), ours(at_s=2)], HistoryFinding("ours stands")),
        ([theirs("", at_s=3), ours(at_s=2)], HistoryFinding("theirs stands")),
        ([], HistoryFinding("theirs stands")),
        ([ours("A", at_s=-9_999)], HistoryFinding("ours stands")),
    ],
)
def test_a_history_is_judged(history: list[HistoryEntry], finding: HistoryFinding) -> None:
    assert read_history(history, ours="A", expected="", since=NOW) == finding


@pytest.mark.parametrize(
    ("history", "finding"),
    [
        ([ours()], HistoryFinding("ours stands")),
        ([ours(), theirs("", at_s=-9)], HistoryFinding("ours stands")),
        (
            [ours(at_s=2), theirs("B", at_s=1), ours(at_s=-9)],
            HistoryFinding("theirs was covered", covered="B"),
        ),
        ([ours(at_s=2), theirs("", at_s=1), ours(at_s=-9)], HistoryFinding("theirs was covered", covered="")),
        ([theirs("B", at_s=1), ours(at_s=-9)], HistoryFinding("theirs stands")),
    ],
)
def test_the_history_of_a_lead_that_its_owner_got_once_more_is_judged(
    history: list[HistoryEntry], finding: HistoryFinding
) -> None:
    """HubSpot keeps no entry for a write that changes nothing."""
    assert read_history(history, ours="A", expected="A", since=NOW) == finding


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


def test_a_write_of_unknown_outcome_is_looked_at_again_after_ninety_seconds(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    sandbox.break_with("applied_then_502", on="contacts/batch/update", next=1)
    route_all(services)
    clock.forward(4)
    verify_owners(services)
    assert services.store.leads.recall([contact_id])[contact_id].state is State.WRITTEN

    clock.forward(100)
    verify_owners(services)

    assert services.store.leads.recall([contact_id])[contact_id].state is State.DONE


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
