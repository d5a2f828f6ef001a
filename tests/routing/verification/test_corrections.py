"""Corrections that HubSpot does not take: a person is told once, and nobody is asked every three seconds."""

from __future__ import annotations

import pytest

from router.hubspot.api.records import Outcome
from router.routing.portal.services import Services
from router.routing.verification import correct as corrections
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from router.store.repair.redrive import Redrive
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
