"""Shadow mode decides and records everything, writes nothing, and leaves no lead to write later."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from router.hubspot.routing_properties import ALWAYS_READ
from router.routing.intake.deciding import decide_and_commit
from router.routing.intake.route import route
from router.routing.intake.work_item import WorkItem
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.rule_folders import set_mode
from tests.world.time import Clock


@pytest.fixture
def shadow(services: Services, rules: Path) -> Services:
    set_mode(services, rules, "shadow")
    return services


def a_lead_of_every_outcome(sandbox: SandboxClient) -> list[str]:
    return sandbox.create_exactly(
        [
            a_hot_contact(),
            a_hot_contact(type_demande="support"),
            a_hot_contact(country="Allemagne"),
            a_hot_contact(jobtitle="Comptable", type_demande=""),
        ]
    )


def test_every_lead_is_decided_and_recorded_and_none_is_written(
    shadow: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    ids = a_lead_of_every_outcome(sandbox)
    announce(shadow, *ids)

    route_all(shadow)
    clock.forward(10)
    verify_owners(shadow)
    record_outbox(shadow)

    assert sandbox.writes() == []
    assert {state.state for state in shadow.store.leads.recall(ids).values()} == {State.SHADOW}
    decisions = [shadow.ledger.decisions_of(one)[0] for one in ids]
    assert [one["mode"] for one in decisions] == ["shadow"] * 4
    assert [one["outcome"]["kind"] for one in decisions] == ["assigned", "left_alone", "assigned", "nurtured"]
    assert [entry.kind for entry in shadow.ledger.events_of(ids[0])] == ["shadowed"]


def test_a_lead_that_hubspots_own_rotation_owns_is_decided_too(
    shadow: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact(hubspot_owner_id=OWNERS["claire"])])
    announce(shadow, contact_id)

    route_all(shadow)
    record_outbox(shadow)

    (decision,) = shadow.ledger.decisions_of(contact_id)
    assert decision["outcome"]["rep"] == "camille"
    assert shadow.ledger.events_of(contact_id)[0].detail == {"owner_id": OWNERS["claire"]}
    assert sandbox.contact(contact_id)["properties"]["hubspot_owner_id"] == OWNERS["claire"]


def test_shares_go_on_in_shadow(shadow: Services, sandbox: SandboxClient) -> None:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(8)])
    announce(shadow, *ids)

    route_all(shadow)
    record_outbox(shadow)

    reps = [shadow.ledger.decisions_of(one)[0]["outcome"]["rep"] for one in ids]
    assert [reps.count(rep) for rep in ("camille", "hugo", "lea")] == [4, 2, 2]


def test_going_live_writes_new_leads_and_no_old_one(
    shadow: Services, rules: Path, sandbox: SandboxClient
) -> None:
    old = sandbox.create_exactly([a_hot_contact() for _ in range(3)])
    announce(shadow, *old)
    route_all(shadow)

    set_mode(shadow, rules, "live")
    new = sandbox.create_exactly([a_hot_contact() for _ in range(3)])
    announce(shadow, *old, *new)
    route_all(shadow)

    assert {write["id"] for write in sandbox.writes()} == set(new)


def test_a_lead_whose_worker_died_in_shadow_is_not_written_after_going_live(
    shadow: Services, rules: Path, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(shadow, contact_id)
    entries = shadow.store.inbox.take("dies after its commit")
    records = shadow.hubspot.read_contacts([contact_id], ALWAYS_READ).records
    decide_and_commit(shadow, shadow.rules, [WorkItem(contact_id, entries=entries)], records, priority="lead")

    set_mode(shadow, rules, "live")
    routed = route(shadow, entries, consumer="dies after its commit")

    assert routed.duplicates == 1
    assert sandbox.writes() == []
    assert not shadow.store.inbox.has_work()


def test_a_live_decision_that_was_not_written_yet_stays_unwritten_in_shadow(
    services: Services, rules: Path, sandbox: SandboxClient
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    sandbox.break_with("500", on="contacts/batch/update", rate=1.0)
    entries = services.store.inbox.take("test")
    route(services, entries, consumer="test")
    sandbox.repair()
    assert services.store.leads.recall([contact_id])[contact_id].state is State.DECIDED

    set_mode(services, rules, "shadow")
    services.hubspot.budget.resume()
    services.store.inbox.release("test", entries)
    route_all(services)

    assert services.store.leads.recall([contact_id])[contact_id].state is State.SHADOW
    assert sandbox.contact(contact_id)["properties"].get("hubspot_owner_id", "") == ""


def test_a_lead_decided_in_shadow_is_forgotten_like_any_finished_one(
    shadow: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(shadow, contact_id)

    route_all(shadow)

    assert 0 < redis_client.ttl(shadow.store.keys.lead(contact_id)) <= 90 * 86_400
    assert not shadow.store.inbox.has_work()
