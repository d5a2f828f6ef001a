"""Writes that are applied late, by HubSpot or by a worker that was stopped: a person's choice comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from router.deadlines import DOUBT, LOOK_EVERY
from router.hubspot.api.errors import HubSpotError
from router.hubspot.api.records import Outcome
from router.routing.intake import writing
from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead, release_lead
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.inbox.inbox import InboxEntry
from router.store.leads.leads import LeadState, State
from router.timestamps import from_epoch_ms
from tests.world.leads import OWNERS, a_hot_contact, announce, owner_of, queued, route_all
from tests.world.time import PARIS, Clock

Changes = Mapping[str, Mapping[str, str]]


def state_of(services: Services, contact_id: str) -> LeadState:
    return services.store.leads.recall([contact_id])[contact_id]


def kinds(services: Services, contact_id: str) -> list[str]:
    record_outbox(services)
    return [event.kind for event in services.ledger.events_of(contact_id)]


def sent_without_answer(
    services: Services, sandbox: SandboxClient, count: int = 1
) -> tuple[list[str], tuple[InboxEntry, ...], dict[str, dict[str, str]]]:
    """Leads whose owner was sent and neither answered nor applied; their entries, and what is in the air."""
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(count)])
    announce(services, *ids)
    entries = services.store.inbox.take("test")
    sandbox.break_with("502", on="contacts/batch/update", next=3)
    route(services, entries, consumer="test")
    sandbox.repair()
    services.hubspot.budget.succeeded()
    states = services.store.leads.recall(ids)
    return ids, entries, {one: dict(state.changes) for one, state in states.items()}


def taken_while_in_the_air(
    services: Services, sandbox: SandboxClient
) -> tuple[str, dict[str, dict[str, str]]]:
    """A lead that claire chose while our write was on its way, as we have seen; and what is in the air."""
    (contact_id,), entries, in_the_air = sent_without_answer(services, sandbox)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
    route(services, entries, consumer="test")
    return contact_id, in_the_air


def look(services: Services, clock: Clock, *, seconds: float) -> int:
    """Let time pass, then look at all that is due; the number of owners put right."""
    clock.forward(seconds)
    restored = 0
    while (found := verify_owners(services)).looked_at:
        restored += found.restored
    return restored


def test_a_choice_made_while_our_write_was_in_the_air_comes_back(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    contact_id, in_the_air = taken_while_in_the_air(services, sandbox)
    assert state_of(services, contact_id).state is State.HUMAN
    look(services, clock, seconds=4)

    clock.forward(20)
    services.hubspot.update_contacts(in_the_air)
    assert owner_of(sandbox, contact_id) == OWNERS["camille"]
    restored = look(services, clock, seconds=LOOK_EVERY.total_seconds())

    assert restored == 1
    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    assert (state_of(services, contact_id).state, state_of(services, contact_id).owner_id) == (
        State.HUMAN,
        OWNERS["claire"],
    )
    assert kinds(services, contact_id) == ["taken_by_a_person", "restored_late"]
    fields, _ = services.store.commits.read_book()
    assert {value for name, value in fields.items() if name.startswith(("credit:", "open:"))} <= {0}


def test_until_the_doubt_is_over_a_lead_is_looked_at_every_ten_seconds_and_then_once_at_night(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    contact_id, _ = taken_while_in_the_air(services, sandbox)

    soon = sum(_is_looked_at(services, clock, seconds=5) for _ in range(20))
    (night,) = services.store.verify.due(now_ms=2**52, limit=10).values()
    still_none = _is_looked_at(services, clock, seconds=3600)
    at_night = _is_looked_at(services, clock, seconds=24 * 3600)

    assert 7 <= soon <= 10
    assert from_epoch_ms(night).astimezone(PARIS).isoformat() == "2026-11-25T04:00:00+01:00"
    assert (still_none, at_night, services.store.verify.length()) == (False, True, 0)
    assert state_of(services, contact_id).unanswered_at_ms == 0


def _is_looked_at(services: Services, clock: Clock, *, seconds: float) -> bool:
    clock.forward(seconds)
    return verify_owners(services).looked_at > 0


def test_a_write_that_is_applied_hours_late_is_put_right_at_night(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    contact_id, in_the_air = taken_while_in_the_air(services, sandbox)
    for _ in range(12):
        look(services, clock, seconds=10)
    clock.forward(3 * 3600)
    services.hubspot.update_contacts(in_the_air)
    assert look(services, clock, seconds=60) == 0

    assert look(services, clock, seconds=24 * 3600) == 1

    assert owner_of(sandbox, contact_id) == OWNERS["claire"]


def test_a_person_who_chooses_again_after_it_was_given_back_has_the_last_word(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    contact_id, in_the_air = taken_while_in_the_air(services, sandbox)
    services.hubspot.update_contacts(in_the_air)
    look(services, clock, seconds=4)
    given_back = {contact_id: {"hubspot_owner_id": OWNERS["claire"]}}
    sandbox.edit_by_hand(contact_id, owner=OWNERS["marc"])
    services.hubspot.update_contacts(given_back)  # the same request, applied a second time

    look(services, clock, seconds=4)

    assert owner_of(sandbox, contact_id) == OWNERS["marc"]


def test_a_late_write_of_an_earlier_decision_is_written_over_by_the_later_one(
    pull: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = queued(pull, sandbox)
    claim_lead(pull, contact_id, rep="lea")
    claimed = {contact_id: dict(state_of(pull, contact_id).changes)}
    sandbox.break_with("applied_then_502", on="contacts/batch/update", next=1)
    route_all(pull)
    release_lead(pull, contact_id, rep="lea", why="wrong region")
    route_all(pull)
    assert owner_of(sandbox, contact_id) == ""

    pull.hubspot.update_contacts(claimed)
    assert owner_of(sandbox, contact_id) == OWNERS["lea"]
    look(pull, clock, seconds=4)

    properties = sandbox.contact(contact_id)["properties"]
    assert properties.get("hubspot_owner_id", "") == ""
    assert properties["lead_router_decision_id"] == state_of(pull, contact_id).decision_id
    assert "wrong region" in properties["lead_router_reason"]
    assert kinds(pull, contact_id)[-1] == "written_again"
    assert [one.contact_id for one in pull.store.queues.waiting("idf")] == [contact_id]


def test_a_worker_that_was_stopped_before_its_write_sends_nothing(
    services: Services, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    entries = services.store.inbox.take("test")

    def stopped(point: str) -> None:
        if point == "before_write":
            sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
            clock.forward(40)

    monkeypatch.setattr(writing, "crash_point", stopped)
    route(services, entries, consumer="test")

    assert sandbox.writes() == []
    assert owner_of(sandbox, contact_id) == OWNERS["claire"]


@pytest.mark.parametrize("finished_by", ["nobody", "another worker"])
def test_what_a_worker_sent_after_it_lost_its_claim_is_verified(
    services: Services,
    sandbox: SandboxClient,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    finished_by: str,
) -> None:
    """It is stopped in the middle of its call: no check before can know."""
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    entries = services.store.inbox.take("test")
    send = services.hubspot.update_contacts

    def stopped_while_sending(changes: Changes, **how: Any) -> dict[str, Outcome]:
        monkeypatch.setattr(services.hubspot, "update_contacts", send)
        sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
        clock.forward(3 * 3600)
        if finished_by == "another worker":
            route(services, _taken_over(services, entries), consumer="other")
            look(services, clock, seconds=120)
        return send(changes)

    monkeypatch.setattr(services.hubspot, "update_contacts", stopped_while_sending)
    route(services, entries, consumer="test")
    assert owner_of(sandbox, contact_id) == OWNERS["camille"]

    look(services, clock, seconds=4)

    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    assert state_of(services, contact_id).state is State.HUMAN


def _taken_over(services: Services, entries: Sequence[InboxEntry]) -> Sequence[InboxEntry]:
    """The same entries, claimed by another consumer as after the end of the lease."""
    inbox = services.store.inbox
    inbox.release("test", entries)
    return inbox.take("other")


def test_two_hundred_covered_choices_are_given_back_in_a_few_calls(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    ids, entries, in_the_air = sent_without_answer(services, sandbox, count=100)
    for one in ids:
        sandbox.edit_by_hand(one, owner=OWNERS["claire"])
    route(services, entries, consumer="test")
    services.hubspot.update_contacts(in_the_air)
    before = sandbox.calls()["total"]

    assert look(services, clock, seconds=4) == 100

    assert sandbox.calls()["total"] - before == 4, "two reads of 50 histories, two writes"
    assert {owner_of(sandbox, one) for one in ids} == {OWNERS["claire"]}


def test_a_choice_that_could_not_be_given_back_is_tried_again(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    contact_id, in_the_air = taken_while_in_the_air(services, sandbox)
    services.hubspot.update_contacts(in_the_air)
    sandbox.break_with("502", on="contacts/batch/update", next=1)

    assert look(services, clock, seconds=4) == 0
    assert look(services, clock, seconds=4) == 1

    assert owner_of(sandbox, contact_id) == OWNERS["claire"]


def test_without_a_doubt_a_finished_lead_is_not_looked_at_again(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    """A negative control: looking at everything for ever would hide that the doubt is not noticed."""
    queued(services, sandbox, 3)
    look(services, clock, seconds=4)

    assert services.store.verify.length() == 0
    clock.forward(DOUBT.total_seconds())
    assert verify_owners(services).looked_at == 0


def test_a_decision_that_hubspot_answers_and_does_not_apply_is_written_again(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    sandbox.break_with("not_applied", on="contacts/batch/update")
    (contact_id,) = queued(services, sandbox)
    before = owner_of(sandbox, contact_id)

    look(services, clock, seconds=4)
    look(services, clock, seconds=4)

    contact = sandbox.contact(contact_id)
    assert before == ""
    assert contact["owner"] == state_of(services, contact_id).owner_id != ""
    assert (contact["status"], state_of(services, contact_id).state) == ("NEW", State.DONE)
    assert "changed_by_a_person" not in kinds(services, contact_id)


def test_an_owner_taken_away_by_a_person_is_no_write_that_was_not_applied(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    sandbox.break_with("not_applied", on="contacts/batch/update")
    (contact_id,) = queued(services, sandbox)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
    sandbox.edit_by_hand(contact_id, owner="")

    look(services, clock, seconds=4)

    assert owner_of(sandbox, contact_id) == ""
    assert state_of(services, contact_id).state is State.HUMAN


@pytest.mark.parametrize("fault", ["429", "401", "477"])
def test_what_was_certainly_not_sent_or_not_applied_leaves_no_doubt(
    services: Services, sandbox: SandboxClient, fault: str
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    entries = services.store.inbox.take("test")
    sandbox.break_with(fault, on="contacts/batch/update", next=3, seconds=30)

    with pytest.raises(HubSpotError):
        route(services, entries, consumer="test")

    state = state_of(services, contact_id)
    assert (state.state, state.unanswered_at_ms) == (State.DECIDED, 0)


def test_a_choice_that_a_dead_worker_covered_is_given_back_before_its_lead_is_taken_over(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,), entries, in_the_air = sent_without_answer(services, sandbox)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
    services.hubspot.update_contacts(in_the_air)
    assert state_of(services, contact_id).state is State.DECIDED

    assert look(services, clock, seconds=19) == 1

    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    route(services, _taken_over(services, entries), consumer="other")
    assert state_of(services, contact_id).state is State.HUMAN
    assert kinds(services, contact_id) == ["restored"]
    fields, _ = services.store.commits.read_book()
    assert {value for name, value in fields.items() if name.startswith(("credit:", "open:"))} <= {0}


def test_a_lead_that_a_dead_worker_left_is_written_by_whoever_takes_it_over(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,), entries, _ = sent_without_answer(services, sandbox)

    assert look(services, clock, seconds=19) == 0
    route(services, _taken_over(services, entries), consumer="other")

    assert owner_of(sandbox, contact_id) == OWNERS["camille"]
