"""Redis loses everything: shares, states and queues come back, and no owner changes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import redis

from router.bootstrap import ProcessContext
from router.hubspot.properties import OWNER
from router.routing.intake.restore import make_whole
from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.routing.people.overrides import say_away, say_back
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead
from router.routing.queues.tend import tend_queues
from router.routing.reports.fairness import grant
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.leads.leads import State
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.rule_folders import PULLED, with_rules
from tests.world.time import Clock
from workers.reconciling import is_unfinished, look_back


def a_day_of_leads(services: Services, sandbox: SandboxClient, clock: Clock, count: int) -> list[str]:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(count)], announce=False)
    announce(services, *ids)
    route_all(services)
    clock.forward(10)
    while verify_owners(services).looked_at:
        pass
    record_outbox(services)
    return ids


def converge(context: ProcessContext) -> None:
    for _ in range(20):
        look_back(context)
        route_all(context.services)
        if not is_unfinished(context.services):
            return
    raise AssertionError("it does not end")


def owners(sandbox: SandboxClient) -> dict[str, str]:
    return {one["id"]: one["properties"].get(OWNER, "") for one in sandbox.contacts()}


def shares(services: Services) -> dict[str, int]:
    today = services.rules.policy().roster.day_of(services.clock())
    fields, _ = services.store.commits.read_book([today])
    return {name: value for name, value in fields.items() if not name.startswith("open:") and value}


def test_shares_go_on_where_they_were(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    services = context.services
    sandbox.overtake(times=2, owner=OWNERS["claire"])  # their shares are given back
    a_day_of_leads(services, sandbox, clock, 25)
    grant(
        services.store.credits,
        team="idf",
        rep="hugo",
        amount=2,
        why="Doublons",
        store=services.store,
        rules=services.rules,
        clock=services.clock,
        log=services.log,
    )  # type: ignore[arg-type]
    a_day_of_leads(services, sandbox, clock, 5)
    before = shares(services)

    redis_client.flushall()
    first = make_whole(services)
    second = make_whole(services)

    assert (first, second) == (True, False)
    assert shares(services) == before
    assert any(name.startswith("credit:") for name in before)
    assert any(name.startswith("today:") for name in before)
    assert sum(value for name, value in before.items() if name.startswith("credit:idf:")) == 0


def test_nobody_decides_by_an_emptied_book(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    services = context.services
    a_day_of_leads(services, sandbox, clock, 7)
    served = shares(services)["served:idf"]

    redis_client.flushall()
    a_day_of_leads(services, sandbox, clock, 1)

    assert shares(services)["served:idf"] == served + 1


def test_shares_survive_although_a_contact_was_erased(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    services = context.services
    erased, *_ = a_day_of_leads(services, sandbox, clock, 8)
    before = shares(services)

    services.ledger.erase(erased)
    redis_client.flushall()
    make_whole(services)

    assert shares(services) == before
    assert erased not in str(services.ledger.events_of(""))


def test_a_book_that_is_there_stays(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    """As after an update from a version that did not know whether its book was whole."""
    services = context.services
    a_day_of_leads(services, sandbox, clock, 3)
    services.store.commits.set_counts({"credit:idf:hugo": 5})
    redis_client.delete(services.store.keys.whole)

    assert not make_whole(services)
    assert shares(services)["credit:idf:hugo"] == 5
    assert services.store.restoration.rebuild() is None


def test_who_is_away_stays_away(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    services = context.services
    a_day_of_leads(services, sandbox, clock, 1)
    say_away(
        "camille",
        until=clock() + timedelta(days=2),
        rules=services.rules,
        people=services.people,
        clock=services.clock,
    )
    say_away(
        "lea",
        until=clock() + timedelta(days=2),
        rules=services.rules,
        people=services.people,
        clock=services.clock,
    )
    say_back("lea", rules=services.rules, people=services.people, clock=services.clock)
    sandbox.set_availability(OWNERS["hugo"], hs_availability_status="away")
    record_outbox(services)

    redis_client.flushall()
    ids = a_day_of_leads(services, sandbox, clock, 4)

    assert {owners(sandbox)[one] for one in ids} == {OWNERS["lea"]}


def test_what_was_decided_in_shadow_mode_is_not_decided_twice(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis, rules: Path
) -> None:
    services = with_rules(context.services, rules, "mode: shadow\n" + (rules / "routing.yaml").read_text())
    ids = a_day_of_leads(services, sandbox, clock, 3)
    clock.forward(3600)

    redis_client.flushall()
    converge(context)
    announce(services, *ids)
    route_all(services)
    record_outbox(services)

    assert {state.state for state in services.store.leads.recall(ids).values()} == {State.SHADOW}
    assert [len(services.ledger.decisions_of(one)) for one in ids] == [1, 1, 1]
    assert sandbox.writes() == []


def test_states_come_back_as_the_records_tell_and_no_owner_changes(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    services = context.services
    done, moved, cleared, lost, deleted = a_day_of_leads(services, sandbox, clock, 5)
    sandbox.edit_by_hand(moved, owner=OWNERS["claire"])
    sandbox.edit_by_hand(cleared, owner="")
    properties = ("hubspot_owner_id", "hs_lead_status", "lead_router_decision_id")
    decided = owners(sandbox)[lost]
    sandbox.edit_by_hand(lost, properties=dict.fromkeys(properties, ""))
    sandbox.delete(deleted)
    clock.forward(3600)
    before = owners(sandbox)
    watched = redis_client.zscore(services.store.keys.watched, done)

    redis_client.flushall()
    converge(context)

    states = services.store.leads.recall([done, moved, cleared, lost, deleted])
    assert states[done].state is State.DONE
    assert redis_client.zscore(services.store.keys.watched, done) == watched is not None
    assert redis_client.zscore(services.store.keys.watched, lost) is not None
    assert (states[moved].state, states[moved].owner_id) == (State.HUMAN, OWNERS["claire"])
    assert states[cleared].state is State.HUMAN
    assert states[lost].state is State.WRITTEN
    assert deleted not in states
    assert owners(sandbox) == before | {lost: decided}


def test_queues_come_back_in_their_order_and_can_be_claimed(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis, rules: Path
) -> None:
    services = with_rules(context.services, rules, PULLED)
    ids = a_day_of_leads(services, sandbox, clock, 4)
    sandbox.edit_by_hand(ids[3], owner=OWNERS["claire"])
    waiting = [one.contact_id for one in services.store.queues.waiting("idf")][:3]

    redis_client.flushall()
    converge(context)

    assert [one.contact_id for one in services.store.queues.waiting("idf")] == waiting
    assert claim_lead(services, waiting[0], rep="hugo").is_yes
    clock.forward(31 * 60)
    tend_queues(services)
    route_all(services)
    left = owners(sandbox)
    assert left[waiting[0]] == OWNERS["hugo"]
    assert all(left[one] for one in waiting)
    assert left[ids[3]] == OWNERS["claire"]


def test_a_night_with_redis_emptied(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    """Leads are routed, waiting or unannounced when Redis is emptied: each has one owner after."""
    services = context.services
    routed = a_day_of_leads(services, sandbox, clock, 30)
    clock.forward(3600)
    at = (clock() - timedelta(minutes=20)).isoformat()
    waiting = sandbox.create_exactly([a_hot_contact(createdate=at) for _ in range(10)], announce=False)
    announce(services, *waiting)
    half_way = services.store.inbox.take("a worker that dies", limit=5)
    unannounced = sandbox.create_exactly([a_hot_contact(createdate=at) for _ in range(5)], announce=False)
    before = owners(sandbox)

    redis_client.flushall()
    announce(services, *routed[:3])  # HubSpot delivers some events once more
    converge(context)

    after = owners(sandbox)
    assert len(half_way) == 5
    assert {one: after[one] for one in routed} == {one: before[one] for one in routed}
    assert all(after[one] for one in (*waiting, *unannounced))
    writes = [write["id"] for write in sandbox.writes() if OWNER in write["properties"]]
    assert len(writes) == len(set(writes)) == len(routed + waiting + unannounced)
    record_outbox(services)
    assert all(len(services.ledger.decisions_of(one)) == 1 for one in (*routed, *waiting, *unannounced))


@pytest.mark.parametrize("search_lags", [False, True])
def test_a_choice_covered_right_before_redis_was_emptied_is_given_back(
    context: ProcessContext,
    sandbox: SandboxClient,
    clock: Clock,
    redis_client: redis.Redis,
    search_lags: bool,
) -> None:
    """Neither the ledger nor Redis knows the decision: the record alone shows it."""
    services = context.services
    a_day_of_leads(services, sandbox, clock, 2)
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(3)], announce=False)
    announce(services, *ids)
    sandbox.overtake(times=2, owner=OWNERS["claire"])
    route_all(services)
    chosen = {one["contact"] for one in sandbox.human_choices()}
    sandbox.settings(search_lag_ms=10_000 if search_lags else 0)

    redis_client.flushall()
    for seconds in (0, 15, 60):
        clock.forward(seconds)
        converge(context)
        clock.forward(4)
        while verify_owners(services).looked_at:
            pass

    after = owners(sandbox)
    assert len(chosen) == 2
    assert {one: after[one] for one in chosen} == dict.fromkeys(chosen, OWNERS["claire"])
    assert all(after[one] for one in ids)
    record_outbox(services)
    told = {one: [event.kind for event in services.ledger.events_of(one)] for one in chosen}
    assert set(map(tuple, told.values())) == {("unrecorded", "restored")}


def test_a_write_in_the_air_when_redis_was_emptied_is_looked_for_until_it_cannot_come_any_more(
    context: ProcessContext, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    services = context.services
    (contact_id,) = sandbox.create_exactly([a_hot_contact()], announce=False)
    announce(services, contact_id)
    entries = services.store.inbox.take("test")
    sandbox.break_with("502", on="contacts/batch/update", next=3)
    route(services, entries, consumer="test")
    in_the_air = {contact_id: services.store.leads.recall([contact_id])[contact_id].changes}
    record_outbox(services)  # the decision is known, its write is not
    sandbox.edit_by_hand(contact_id, owner=OWNERS["claire"])

    redis_client.flushall()
    converge(context)
    services.hubspot.update_contacts(in_the_air)
    assert owners(sandbox)[contact_id] == OWNERS["camille"]
    clock.forward(11)
    verify_owners(services)

    assert owners(sandbox)[contact_id] == OWNERS["claire"]
