"""What ledger, HubSpot and Redis disagree about is put right, and no person's choice is touched."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import redis

from router.ledger.latest import last_words
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.tend import tend_queues
from router.routing.recovery import repair as repairing
from router.routing.recovery.repair import Repaired, repair
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.rule_folders import PULLED, with_rules
from tests.world.time import Clock

OURS = ("hubspot_owner_id", "hs_lead_status", "lead_router_decision_id", "lead_router_reason")


def compare_leads(services: Services) -> Repaired:
    """What the night does about the last three days."""
    record_outbox(services)
    now = services.clock()
    return repair(services, since=now - timedelta(days=3), until=now - timedelta(minutes=3))


def routed(services: Services, sandbox: SandboxClient, clock: Clock, count: int = 1) -> list[str]:
    """Leads that were routed and verified an hour ago."""
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(count)], announce=False)
    announce(services, *ids)
    route_all(services)
    clock.forward(10)
    while verify_owners(services).looked_at:
        pass
    record_outbox(services)
    clock.forward(3600)
    return ids


def owners(sandbox: SandboxClient, ids: list[str]) -> dict[str, str]:
    return {one: sandbox.contact(one)["properties"].get("hubspot_owner_id", "") for one in ids}


def state_of(services: Services, contact_id: str) -> State:
    return services.store.leads.recall([contact_id])[contact_id].state


def lose_the_write(sandbox: SandboxClient, contact_id: str) -> None:
    """HubSpot lost our write: nothing of it is on the record."""
    sandbox.edit_by_hand(contact_id, properties=dict.fromkeys(OURS, ""))


def test_where_all_agree_nothing_is_done(services: Services, sandbox: SandboxClient, clock: Clock) -> None:
    ids = routed(services, sandbox, clock, 120)
    writes = len(sandbox.writes())
    calls = sandbox.calls()["total"]

    done = compare_leads(services)

    assert done == Repaired(compared=120)
    assert len(sandbox.writes()) == writes
    assert sandbox.calls()["total"] - calls == 2  # one read per hundred
    assert {state_of(services, one) for one in ids} == {State.DONE}


def test_a_write_that_was_lost_is_written_again_as_it_was_decided(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    ids = routed(services, sandbox, clock, 3)
    before = owners(sandbox, ids)
    lose_the_write(sandbox, ids[0])

    done = compare_leads(services)
    route_all(services)

    assert done.written_anew == 1
    assert owners(sandbox, ids) == before
    assert sandbox.contact(ids[0])["properties"]["lead_router_decision_id"].startswith(f"{ids[0]}-0-")
    record_outbox(services)
    assert "write_lost" in [event.kind for event in services.ledger.events_of(ids[0])]
    assert len(services.ledger.decisions_of(ids[0])) == 1


def test_a_lost_write_is_not_written_over_somebody_who_was_faster(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    (contact_id,) = routed(services, sandbox, clock)
    lose_the_write(sandbox, contact_id)

    compare_leads(services)
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])
    route_all(services)

    assert owners(sandbox, [contact_id]) == {contact_id: OWNERS["claire"]}
    assert state_of(services, contact_id) is State.HUMAN


@pytest.mark.parametrize("chosen", [OWNERS["claire"], ""])
def test_a_person_who_gave_the_lead_to_somebody_else_is_left_in_peace(
    services: Services, sandbox: SandboxClient, clock: Clock, chosen: str
) -> None:
    (contact_id,) = routed(services, sandbox, clock)
    sandbox.edit_by_hand(contact_id, owner=chosen)

    done = compare_leads(services)
    route_all(services)

    assert done == Repaired(compared=1)
    assert owners(sandbox, [contact_id]) == {contact_id: chosen}


def test_a_lead_that_was_decided_and_left_half_way_is_finished(
    services: Services, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    announce(services, contact_id)
    sandbox.break_with("500", on="contacts/batch/update", rate=1.0)
    route_all(services)
    assert state_of(services, contact_id) is State.DECIDED
    sandbox.repair()
    redis_client.delete(services.store.keys.inbox)  # and its announcement is lost
    services.hubspot.budget.resume()
    clock.forward(600)

    done = [compare_leads(services), compare_leads(services)]
    route_all(services)

    assert [one.written_anew for one in done] == [1, 0]
    assert owners(sandbox, [contact_id])[contact_id]
    assert len(services.ledger.decisions_of(contact_id)) == 1


def test_deleted_contacts_and_those_being_erased_are_left_alone(
    services: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    deleted, erased = routed(services, sandbox, clock, 2)
    sandbox.delete(deleted)
    lose_the_write(sandbox, erased)
    services.store.erasures.ask(erased)

    assert compare_leads(services) == Repaired(compared=2)


def test_in_shadow_mode_nothing_is_touched(
    services: Services, sandbox: SandboxClient, clock: Clock, rules: Path
) -> None:
    (contact_id,) = routed(services, sandbox, clock)
    lose_the_write(sandbox, contact_id)
    with_rules(services, rules, "mode: shadow\n" + (rules / "routing.yaml").read_text())

    assert compare_leads(services) == Repaired(compared=1)


def test_only_the_last_word_about_a_lead_counts_and_steps_go_on_where_they_were(
    services: Services, sandbox: SandboxClient, clock: Clock, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(services, rules, PULLED)
    ids = routed(services, sandbox, clock, 5)
    tend_queues(services)
    route_all(services)
    record_outbox(services)
    clock.forward(3600)
    now = services.clock()
    monkeypatch.setattr(repairing, "AT_A_TIME", 2)
    monkeypatch.setattr(repairing, "PAGES_PER_STEP", 1)

    seen, steps, after = 0, 0, ""
    while steps == 0 or after:
        done = repair(services, since=now - timedelta(days=3), until=now, after=after)
        seen, steps, after = seen + done.compared, steps + 1, done.after

    all_of_it = last_words(services.ledger, since=now - timedelta(days=3), until=now)
    assert (seen, steps) == (5, 6)
    assert sorted(one["contact_id"] for one in all_of_it.records) == sorted(ids)
    assert {one["episode"] for one in all_of_it.records} == {1}
