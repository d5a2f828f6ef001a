"""Giving a choice back is itself a write: it may fail, and it may cover the person's next choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

from router.hubspot.api.errors import HubSpotError
from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import Outcome
from router.routing.portal.services import Services
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, owner_of, route_all
from tests.world.time import Clock


class Overtaken:
    """The real gateway, but a person acts after we have read and before our write arrives.

    The sandbox lets a person overtake one write of a contact, by choosing an owner and nothing else.
    """

    def __init__(self, gateway: Gateway, *acts: Callable[[], None]) -> None:
        self._gateway = gateway
        self._acts = list(acts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def update_contacts(self, changes: Mapping[str, Mapping[str, str]], **more: Any) -> dict[str, Outcome]:
        if self._acts:
            self._acts.pop(0)()
        return self._gateway.update_contacts(changes, **more)


def overtaken(services: Services, *acts: Callable[[], None]) -> Services:
    return replace(services, hubspot=Overtaken(services.hubspot, *acts))  # type: ignore[arg-type]


@pytest.fixture
def contact_id(services: Services, sandbox: SandboxClient) -> str:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    return contact_id


def look(services: Services, clock: Clock, times: int = 1, *, seconds: float = 4) -> None:
    for _ in range(times):
        services.hubspot.budget.resume()
        clock.forward(seconds)
        verify_owners(services)


def test_a_choice_that_giving_back_covered_is_given_back_too(
    services: Services, sandbox: SandboxClient, clock: Clock, contact_id: str
) -> None:
    busy = overtaken(
        services,
        lambda: sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"]),
        lambda: sandbox.edit_by_hand(contact_id, owner=OWNERS["nadia"]),
    )
    route_all(busy)
    look(busy, clock)
    covered = owner_of(sandbox, contact_id)

    look(busy, clock, times=3)

    assert covered == OWNERS["claire"], "the second choice was covered by giving the first one back"
    assert owner_of(sandbox, contact_id) == OWNERS["nadia"]
    assert services.store.leads.recall([contact_id])[contact_id].state is State.HUMAN


@pytest.mark.parametrize("fault", ["500", "applied_then_502", "partial", "missing", "429"])
def test_giving_back_is_tried_again_until_the_choice_stands(
    services: Services, sandbox: SandboxClient, clock: Clock, contact_id: str, fault: str
) -> None:
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    route_all(services)
    sandbox.break_with(fault, on="contacts/batch/update", next=2)
    for _ in range(2):
        with suppress(HubSpotError):  # housekeeping comes again
            look(services, clock)

    look(services, clock, times=4, seconds=11)

    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    assert services.store.leads.recall([contact_id])[contact_id].owner_id == OWNERS["claire"]


def test_a_status_that_a_person_set_together_with_the_owner_is_given_back_too(
    services: Services, sandbox: SandboxClient, clock: Clock, contact_id: str
) -> None:
    busy = overtaken(
        services,
        lambda: sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"], status="IN_PROGRESS"),
    )
    route_all(busy)
    covered = sandbox.contact(contact_id)["properties"]["hs_lead_status"]

    look(busy, clock)

    assert covered == "NEW"
    assert owner_of(sandbox, contact_id) == OWNERS["claire"]
    assert sandbox.contact(contact_id)["properties"]["hs_lead_status"] == "IN_PROGRESS"
