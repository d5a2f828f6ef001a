"""A contact that HubSpot does not find once is not gone: it is looked for, and opened when it is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from router.hubspot.api.records import ReadAnswer
from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, owner_of, queued, route_all
from tests.world.time import Clock


class Hidden:
    """Contacts that HubSpot says it does not find, as right after their creation."""

    def __init__(self, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ids: set[str] = set()
        read, history = services.hubspot.read_contacts, services.hubspot.read_owner_history

        def read_contacts(ids: Sequence[str], *args: Any, **how: Any) -> ReadAnswer:
            answer = read([one for one in ids if one not in self.ids], *args, **how)
            gone = dict.fromkeys((one for one in ids if one in self.ids), "gone")
            return ReadAnswer(answer.records, {**answer.missing, **gone})  # type: ignore[dict-item]

        def read_owner_history(ids: Sequence[str], *args: Any, **how: Any) -> Mapping[str, Any]:
            return history([one for one in ids if one not in self.ids], *args, **how)

        monkeypatch.setattr(services.hubspot, "read_contacts", read_contacts)
        monkeypatch.setattr(services.hubspot, "read_owner_history", read_owner_history)


@pytest.fixture
def hidden(services: Services, monkeypatch: pytest.MonkeyPatch) -> Hidden:
    return Hidden(services, monkeypatch)


def state_of(services: Services, contact_id: str) -> State | None:
    state = services.store.leads.recall([contact_id]).get(contact_id)
    return state.state if state else None


def look(services: Services, clock: Clock, *, seconds: float) -> None:
    clock.forward(seconds)
    while verify_owners(services).looked_at:
        pass
    route_all(services)


def events(services: Services, contact_id: str) -> list[tuple[str, str | None]]:
    record_outbox(services)
    return [(one.kind, one.detail.get("cause")) for one in services.ledger.events_of(contact_id)]


def book_of(services: Services) -> set[int]:
    fields, _ = services.store.commits.read_book()
    return {value for name, value in fields.items() if name.startswith(("credit:", "open:"))}


@pytest.mark.parametrize("found_after", [1, 2, 3])
def test_a_new_contact_that_is_found_a_little_later_is_routed(
    services: Services, sandbox: SandboxClient, clock: Clock, hidden: Hidden, found_after: int
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    hidden.ids.add(contact_id)
    announce(services, contact_id)
    route_all(services)
    assert state_of(services, contact_id) is State.GONE

    for number, seconds in enumerate((3, 8, 50), start=1):
        if number == found_after:
            hidden.ids.clear()
        look(services, clock, seconds=seconds)

    assert owner_of(sandbox, contact_id) == OWNERS["camille"]
    assert services.store.verify.length() <= 1


def test_a_contact_that_is_never_found_is_given_up_after_a_minute_and_looked_for_once_at_night(
    services: Services, sandbox: SandboxClient, clock: Clock, hidden: Hidden
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    hidden.ids.add(contact_id)
    announce(services, contact_id)
    route_all(services)
    for seconds in (3, 8):
        look(services, clock, seconds=seconds)
    assert events(services, contact_id) == [("not_found", None)]

    look(services, clock, seconds=50)
    assert events(services, contact_id)[1:] == [("gone", "not_found")]
    look(services, clock, seconds=3600)
    hidden.ids.clear()
    look(services, clock, seconds=24 * 3600)

    assert owner_of(sandbox, contact_id) == OWNERS["camille"]


def test_a_second_announcement_opens_a_lead_that_was_given_up(
    services: Services, sandbox: SandboxClient, clock: Clock, hidden: Hidden
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    hidden.ids.add(contact_id)
    announce(services, contact_id)
    route_all(services)
    for seconds in (3, 8, 50, 24 * 3600):
        look(services, clock, seconds=seconds)
    assert services.store.verify.length() == 0
    hidden.ids.clear()

    announce(services, contact_id)
    route_all(services)

    assert owner_of(sandbox, contact_id) == OWNERS["camille"]


def test_a_decision_whose_contact_is_not_found_for_a_moment_stands(
    services: Services, sandbox: SandboxClient, clock: Clock, hidden: Hidden
) -> None:
    """Decided, then not found at the write and at the read after it: the share is kept, and used."""
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    entries = services.store.inbox.take("test")
    sandbox.break_with("502", on="contacts/batch/update", next=3)
    route(services, entries, consumer="test")
    services.hubspot.budget.succeeded()
    decision = services.store.leads.recall([contact_id])[contact_id].decision_id
    hidden.ids.add(contact_id)
    route(services, entries, consumer="test")
    assert state_of(services, contact_id) is State.GONE
    hidden.ids.clear()

    look(services, clock, seconds=3)

    properties = sandbox.contact(contact_id)["properties"]
    assert properties["lead_router_decision_id"] == decision
    assert len(services.ledger.decisions_of(contact_id)) <= 1


def test_a_given_up_decision_gives_its_share_back(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    route_all(services)
    sandbox.delete(contact_id)

    for seconds in (4, 3, 8, 50, 20):
        look(services, clock, seconds=seconds)

    assert state_of(services, contact_id) is State.GONE
    assert book_of(services) == {0}
    assert events(services, contact_id)[-1] == ("gone", "not_found")


def test_an_announced_deletion_is_final_at_once(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    route_all(services)
    sandbox.delete(contact_id)
    services.store.inbox.append([], changed=[(contact_id, services.now_ms())], deleted=[contact_id])

    look(services, clock, seconds=4)

    assert state_of(services, contact_id) is State.GONE
    assert events(services, contact_id)[-1] == ("gone", "deleted")
    assert services.store.verify.length() == 0


@pytest.mark.parametrize("fault", ["missing", "wrong_id"])
def test_a_read_that_leaves_a_covered_lead_out_ends_nothing(
    services: Services, sandbox: SandboxClient, clock: Clock, fault: str
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    route_all(services)
    sandbox.break_with(fault, on="contacts/batch/read", next=2)

    look(services, clock, seconds=4)
    assert state_of(services, contact_id) is State.WRITTEN
    look(services, clock, seconds=4)

    assert owner_of(sandbox, contact_id) == OWNERS["claire"]


def test_a_waiting_lead_that_is_missing_for_a_moment_stays_in_its_queue(
    pull: Services, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (contact_id,) = queued(pull, sandbox)
    hidden = Hidden(pull, monkeypatch)
    hidden.ids.add(contact_id)
    assert claim_lead(pull, contact_id, rep="lea").kind == "unknown"
    look(pull, clock, seconds=1)
    hidden.ids.clear()
    look(pull, clock, seconds=3)

    assert claim_lead(pull, contact_id, rep="lea").is_yes
    assert pull.store.leads.recall([contact_id])[contact_id].missing is None


def test_a_lead_that_was_merged_leaves_the_list_although_its_history_is_not_answered(
    services: Services, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, lost = queued(services, sandbox, 2)
    read = services.hubspot.read_contacts

    def read_contacts(ids: Sequence[str], *args: Any, **how: Any) -> ReadAnswer:
        answer = read(ids, *args, **how)
        return ReadAnswer(
            {one: replace(found, merged_into=kept) for one, found in answer.records.items()}, {}
        )

    monkeypatch.setattr(services.hubspot, "read_contacts", read_contacts)
    monkeypatch.setattr(services.hubspot, "read_owner_history", lambda *_, **__: {})
    services.store.verify.looked_at(services.store.verify.due(now_ms=2**52, limit=9))
    services.store.verify.look_again([lost], at_ms=services.now_ms())

    clock.forward(1)
    verify_owners(services)

    assert services.store.verify.length() == 0
    assert list(services.store.merged.due(now_ms=2**52, limit=9)) == [lost]
