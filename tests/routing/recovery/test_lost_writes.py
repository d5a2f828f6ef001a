"""The search for writes that Redis has lost: when it is made, whom it remembers, and how it goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from router.hubspot.api.errors import Refused
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.recovery import lost_writes
from router.routing.recovery.lost_writes import find_lost_writes, is_due
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from router.store.repair.restoration import LostWrites
from tests.world.leads import owner_of, queued
from tests.world.time import Clock


@pytest.fixture
def routed(services: Services, sandbox: SandboxClient, redis_client: redis.Redis) -> tuple[str, str]:
    """Two leads that were routed before Redis was emptied; the ledger knows the first one."""
    (known,) = queued(services, sandbox)
    record_outbox(services)
    (unknown,) = queued(services, sandbox)
    redis_client.flushall()
    return known, unknown


def search(services: Services, *after: timedelta) -> LostWrites:
    """A search for what was written within the last hour, with looks at these times from now."""
    now = services.clock()
    looks = tuple(services.now_ms() + int(one.total_seconds() * 1000) for one in after)
    asked = LostWrites((now - timedelta(hours=1)).isoformat(), looks)
    services.store.restoration.put_lost_writes(asked)
    return asked


def test_a_write_that_nobody_knows_is_remembered_as_it_stands_and_in_doubt(
    services: Services, sandbox: SandboxClient, routed: tuple[str, str]
) -> None:
    _, unknown = routed
    began_ms = services.now_ms()
    search(services, timedelta(0))

    found = find_lost_writes(services)

    states = services.store.leads.recall(routed)
    assert (found, states.keys()) == (1, {unknown})
    state = states[unknown]
    assert (state.state, state.owner_id) == (State.WRITTEN, owner_of(sandbox, unknown))
    assert began_ms <= state.unanswered_at_ms <= services.now_ms()
    assert services.store.verify.due(now_ms=services.now_ms(), limit=9).keys() == {unknown}


def test_each_look_is_made_once_and_when_it_is_time(
    services: Services, clock: Clock, routed: tuple[str, str]
) -> None:
    asked = search(services, timedelta(seconds=5), timedelta(seconds=15))

    early = (is_due(services), find_lost_writes(services))
    clock.forward(5)
    due = is_due(services)
    found = find_lost_writes(services)

    assert (early, due, found, is_due(services)) == ((False, 0), True, 1, False)
    left = services.store.restoration.lost_writes()
    assert left is not None
    assert left.looks_ms == asked.looks_ms[1:]
    clock.forward(10)
    assert (is_due(services), find_lost_writes(services)) == (True, 0)
    assert services.store.restoration.lost_writes() is None


def test_a_search_that_is_long_goes_on_where_it_was(
    services: Services, routed: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = services.hubspot.search_contacts

    def one_by_one(*filters: object, **how: object) -> object:
        found = page(*filters, **how)  # type: ignore[arg-type]
        return type(found)(found.records[:1], len(found.records) > 1)

    monkeypatch.setattr(services.hubspot, "search_contacts", one_by_one)
    monkeypatch.setattr(lost_writes, "PAGES_PER_STEP", 1)
    search(services, timedelta(0))

    found = [find_lost_writes(services) for _ in range(3)]

    assert found == [0, 1, 0]


def test_a_portal_without_our_properties_has_lost_no_write(
    services: Services, routed: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **how: object) -> object:
        raise Refused("There is no property lead_router_decision_id.")

    monkeypatch.setattr(services.hubspot, "search_contacts", refused)
    search(services, timedelta(0))

    assert find_lost_writes(services) == 0
    assert services.store.restoration.lost_writes() is None
