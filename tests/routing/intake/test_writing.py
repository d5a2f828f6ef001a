"""Nothing is written for a lead whose claim was lost, and a refused owner costs no share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import redis
from msgspec.structs import replace

from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import Outcome
from router.hubspot.properties import OWNER
from router.routing.intake import writing
from router.routing.intake.route import route
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.store.inbox.inbox import GROUP
from router.store.leads.commits import Transition
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, credits_of, owner_of, route_all
from tests.world.time import Clock


def take_over(services: Services, redis_client: redis.Redis, *, by: str) -> None:
    """Every claim lapses, and another worker takes it."""
    inbox = services.store.keys.inbox
    for claim in redis_client.xpending_range(inbox, GROUP, "-", "+", 100):
        redis_client.execute_command("XCLAIM", inbox, GROUP, by, 0, claim["message_id"])


def test_a_worker_that_lost_its_claims_writes_nothing(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(3)])
    announce(services, *ids)
    mine = services.store.inbox.take("asleep")
    take_over(services, redis_client, by="awake")

    route(services, mine, consumer="asleep")
    written_by_the_first = sandbox.writes()
    route(services, mine, consumer="awake")

    assert written_by_the_first == []
    assert sorted(write["id"] for write in sandbox.writes()) == sorted(ids)


def test_a_worker_that_lost_one_claim_writes_the_others(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(3)])
    announce(services, *ids)
    mine = services.store.inbox.take("asleep")
    lost = mine[1]
    redis_client.execute_command("XCLAIM", services.store.keys.inbox, GROUP, "awake", 0, lost.id)

    route(services, mine, consumer="asleep")

    assert {write["id"] for write in sandbox.writes()} == set(ids) - {lost.contact_id}
    assert services.store.leads.recall(ids)[lost.contact_id].state is State.DECIDED


def test_a_write_whose_lead_was_finished_meanwhile_is_in_doubt(
    services: Services, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What we sent may stand over a person's choice that the other process had seen."""
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)

    def finished(point: str) -> None:
        if point == "after_write":
            done = Transition(contact_id, 0, State.DONE, come_from=frozenset({State.DECIDED}), answered=True)
            assert services.store.commits.finish([done], now_ms=services.now_ms()) == (True,)

    monkeypatch.setattr(writing, "crash_point", finished)
    route_all(services)

    assert services.store.leads.recall([contact_id])[contact_id].unanswered_at_ms > 0
    assert services.store.verify.length() == 1


@pytest.mark.parametrize(("seconds", "is_in_doubt"), [(0, False), (40, True)])
def test_a_write_that_took_longer_than_the_claim_is_in_doubt_although_it_was_answered(
    services: Services,
    sandbox: SandboxClient,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    is_in_doubt: bool,
) -> None:
    """Another worker may have sent its own write meanwhile, and ours says nothing about that one."""
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    send = services.hubspot.update_contacts

    def slow(changes: Mapping[str, Mapping[str, str]], **_: Any) -> dict[str, Outcome]:
        clock.forward(seconds)
        return send(changes)

    monkeypatch.setattr(services.hubspot, "update_contacts", slow)
    route_all(services)

    state = services.store.leads.recall([contact_id])[contact_id]
    assert (state.state, state.unanswered_at_ms > 0) == (State.WRITTEN, is_in_doubt)


class Refusing:
    """The real gateway in front of a portal that refuses an owner whom it lists as active."""

    def __init__(self, gateway: Gateway, owner_id: str) -> None:
        self._gateway = gateway
        self._owner_id = owner_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def update_contacts(self, changes: Mapping[str, Mapping[str, str]], **more: Any) -> dict[str, Outcome]:
        good = {one: asked for one, asked in changes.items() if asked.get(OWNER) != self._owner_id}
        refused = {
            one: Outcome("refused", "not a valid owner", OWNER) for one in changes.keys() - good.keys()
        }
        return refused | self._gateway.update_contacts(good, **more)


def test_an_owner_whom_hubspot_refuses_without_a_reason_is_passed_over(
    services: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    refusing = Refusing(services.hubspot, OWNERS["camille"])

    route_all(replace(services, hubspot=refusing))  # type: ignore[arg-type]

    assert owner_of(sandbox, contact_id) in (OWNERS["hugo"], OWNERS["lea"])
    assert services.store.leads.parked() == {}


def test_an_owner_whom_hubspot_refuses_pays_nothing_for_the_lead(
    services: Services, sandbox: SandboxClient
) -> None:
    """The first lead goes to camille; her owner was archived since the owners were read."""
    services.people.owners.by_email()
    sandbox.archive_owner(OWNERS["camille"])
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)

    route_all(services)

    shares = credits_of(services)
    fields, _ = services.store.commits.read_book()
    owner = owner_of(sandbox, contact_id)
    (rep,) = [name for name, one in OWNERS.items() if one == owner]
    assert rep in ("hugo", "lea")
    assert shares.get("camille", 0) == 0
    assert shares[rep] < 0
    assert sum(shares.values()) == 0
    assert {name: count for name, count in fields.items() if name.startswith("open:") and count} == {
        f"open:{rep}": 1
    }
