"""Corrections that HubSpot does not take: a person is told once, and nobody is asked every three seconds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from router.hubspot.api.errors import NotSent, RateLimited
from router.hubspot.api.records import Outcome
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.verification import correct as corrections
from router.routing.verification import verify as verifying
from router.routing.verification.owner_history import RightfulOwner
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State
from router.store.repair.redrive import Redrive
from router.store.sends.send import Send
from tests.world.leads import OWNERS, a_hot_contact, announce, owner_of, queued, route_all
from tests.world.time import Clock


def covered(services: Services, sandbox: SandboxClient) -> str:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    route_all(services)
    return contact_id


def look(services: Services, clock: Clock, *, seconds: float = 4) -> int:
    clock.forward(seconds)
    restored = 0
    while (found := verify_owners(services)).looked_at:
        restored += found.restored
    return restored


def test_a_choice_that_hubspot_refuses_is_told_to_a_person_once(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    contact_id = covered(services, sandbox)
    sandbox.archive_owner(OWNERS["claire"])

    looks = [look(services, clock) for _ in range(5)]

    assert looks == [0] * 5
    assert services.store.leads.recall([contact_id])[contact_id].state is State.PARKED
    assert OWNERS["claire"] in services.store.leads.parked()[contact_id]["why"]
    assert services.store.verify.length() == 0


def test_a_lead_that_is_deleted_while_its_choice_is_given_back_is_looked_for(
    services: Services, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = covered(services, sandbox)

    def deleted(point: str) -> None:
        if point == "before_correction":
            sandbox.delete(contact_id)

    monkeypatch.setattr(corrections, "crash_point", deleted)
    for seconds in (4, 3, 9, 60, 1):
        look(services, clock, seconds=seconds)

    assert services.store.leads.recall([contact_id])[contact_id].state is State.GONE


def test_what_is_due_again_while_it_is_looked_at_stays_on_the_list(
    services: Services, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker wakes up and sends between verification's read and its last step."""
    (contact_id,) = queued(services, sandbox)
    read = services.hubspot.read_owner_history

    def overtaken(*args: object, **how: object) -> object:
        answer = read(*args, **how)  # type: ignore[arg-type]
        services.store.sends.doubt([contact_id], now_ms=services.now_ms())
        return answer

    clock.forward(4)
    monkeypatch.setattr(services.hubspot, "read_owner_history", overtaken)
    verify_owners(services)

    assert services.store.verify.length() == 1


def test_a_parked_correction_that_is_sent_again_is_given_back(
    services: Services, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = covered(services, sandbox)
    with monkeypatch.context() as refusing:
        refusing.setattr(
            services.hubspot,
            "update_contacts",
            lambda changes, **_: dict.fromkeys(changes, Outcome("refused", "no")),
        )
        look(services, clock)
    assert services.store.leads.recall([contact_id])[contact_id].state is State.PARKED

    redrive = Redrive(services.store.inbox._redis, services.store.keys)
    redrive.send_again(contact_id, now=clock())
    route_all(services)
    look(services, clock)

    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    assert services.store.leads.parked() == {}


def test_a_parked_correction_that_is_refused_again_is_told_once(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    contact_id = covered(services, sandbox)
    sandbox.archive_owner(OWNERS["claire"])
    look(services, clock)
    since = services.store.leads.parked()[contact_id]["since"]

    services.store.verify.look_again([contact_id], at_ms=services.now_ms())
    look(services, clock)

    assert services.store.leads.parked()[contact_id]["since"] == since
    record_outbox(services)
    kinds = [event.kind for event in services.ledger.events_of(contact_id)]
    assert kinds.count("parked") == 1


def test_a_correction_for_which_there_is_no_room_is_due_again_at_once(
    services: Services, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = covered(services, sandbox)

    def no_room(*_: object, **how: object) -> object:
        raise RateLimited("There is no room for this call now.", retry_after_s=1)

    monkeypatch.setattr(services.hubspot, "update_contacts", no_room)
    with pytest.raises(RateLimited):
        look(services, clock)

    assert services.store.verify.due(now_ms=services.now_ms(), limit=9).keys() == {contact_id}
    assert services.store.leads.recall([contact_id])[contact_id].unanswered_at_ms == 0


def test_a_verification_that_was_stopped_before_its_write_sends_nothing(
    services: Services, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = covered(services, sandbox)
    ours = owner_of(sandbox, contact_id)

    with monkeypatch.context() as stopped:
        stopped.setattr(corrections, "crash_point", lambda _: clock.forward(40))
        with pytest.raises(NotSent):
            look(services, clock)
    left = owner_of(sandbox, contact_id)
    look(services, clock)

    assert left == ours
    assert owner_of(sandbox, contact_id) == OWNERS["claire"]


def test_a_lead_that_moved_on_while_its_history_was_read_is_not_written(
    services: Services, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = covered(services, sandbox)
    read, before = services.hubspot.read_owner_history, len(sandbox.writes())

    def overtaken(*args: object, **how: object) -> object:
        answer = read(*args, **how)  # type: ignore[arg-type]
        moves_on(services, contact_id)
        return answer

    monkeypatch.setattr(services.hubspot, "read_owner_history", overtaken)
    look(services, clock)

    assert len(sandbox.writes()) == before
    assert services.store.verify.length() == 1


def test_a_correction_of_a_lead_that_moved_on_meanwhile_is_in_doubt(
    services: Services, sandbox: SandboxClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = covered(services, sandbox)

    def overtaken(point: str) -> None:
        if point == "after_correction":
            moves_on(services, contact_id)

    monkeypatch.setattr(corrections, "crash_point", overtaken)
    clock.forward(4)
    verify_owners(services)

    assert services.store.leads.recall([contact_id])[contact_id].unanswered_at_ms > 0
    assert services.store.verify.length() == 1


@pytest.mark.parametrize(("state", "told"), [(State.WRITTEN, 1), (State.PARKED, 0)])
def test_a_decision_that_is_given_up_is_told_to_a_person_once(state: State, told: int) -> None:
    """An earlier decision is applied late over it, again and again: it never stands."""
    send = Send(0, "71", "", 0, decision_id="501-0-a")
    given_up = LeadState(
        "501", 0, state, "71", "", "501-0-a", 0, sends=(send,), written_again=corrections.MOST_TIMES
    )
    look = verifying._Look()

    verifying._correct(
        look,
        corrections.Correction(given_up, RightfulOwner("71", send, is_present=False), None),
        now=datetime(2026, 11, 24, 9, 15, tzinfo=UTC),
    )

    assert (len(look.corrections), len(look.transitions)) == (0, told)


def moves_on(services: Services, contact_id: str) -> None:
    """Another process finishes the lead, and HubSpot answers all that was sent for it."""
    move = Transition(contact_id, 0, State.DONE, come_from=frozenset({State.WRITTEN}), answered=True)
    assert services.store.commits.finish([move], now_ms=services.now_ms()) == (True,)


def test_a_decision_that_hubspot_confirms_and_never_shows_is_told_to_a_person(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    sandbox.break_with("not_applied", on="contacts/batch/update", rate=1)
    route_all(services)

    looks = [look(services, clock) for _ in range(12)]

    assert sum(looks) == corrections.MOST_TIMES
    assert services.store.leads.recall([contact_id])[contact_id].state is State.PARKED
    assert "does not show it" in services.store.leads.parked()[contact_id]["why"]
    assert services.store.verify.length() == 0

    services.store.verify.look_again([contact_id], at_ms=services.now_ms())
    look(services, clock)

    record_outbox(services)
    assert [event.kind for event in services.ledger.events_of(contact_id)].count("parked") == 1
