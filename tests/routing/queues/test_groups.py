"""Waiting leads are looked at in groups, and get what they would get if each were tried again and again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
import redis
from msgspec.structs import replace

from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Assigned, Queued
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.decision.trigger import Pushed
from router.policy.shares.share_book import Book, open_field
from router.routing.people.overrides import say_away, say_back
from router.routing.portal.services import Services
from router.routing.queues.claims import release_lead
from router.routing.queues.tend import tend_queues, tends_something
from router.sandbox.http.client import SandboxClient
from router.store import lead_fields
from router.store.leads.leads import State
from router.store.leads.queues import rank
from tests.world.leads import OWNERS, a_hot_contact, announce, owner_of, queued, route_all
from tests.world.rule_folders import with_rep_line, with_rules
from tests.world.time import Clock

ROUTING = """
language: en
segments: {all: otherwise}
rules:
  - name: Marc
    when: {country: $etranger}
    assign: {rep: marc}
  - name: Pull
    when: {type_demande: devis}
    assign: {team: idf, method: queue, push_after: 10min}
  - name: Account
    when: {account_owner: known}
    assign: {to: account_owner, if_unavailable: {team: nord}}
otherwise:
  assign: {team: idf, needs: {language: fr}, if_unavailable: {team: nord}}
sla: {default: 4h}
"""
TEAM = """
timezone: Europe/Paris
reps:
  camille: {owner: camille.durand@acme.fr, weight: 2, languages: [fr], max_open_leads: 2}
  hugo:    {owner: hugo.petit@acme.fr, weight: 1, languages: [fr], max_per_day: 2}
  lea:     {owner: lea.moreau@acme.fr, weight: 1, languages: [en], max_open_leads: 3}
  marc:    {owner: marc.dubois@acme.fr, max_open_leads: 1}
  nadia:   {owner: nadia.benali@acme.fr, max_open_leads: 1}
teams:
  idf: [camille, hugo, lea]
  nord: [nadia]
out_of_office:
  - {rep: marc, from: 2026-11-26, to: 2026-11-27, backup: nadia}
"""
KINDS = (
    {"type_demande": "demo"},
    {"type_demande": "devis"},
    {"type_demande": "demo", "country": "Germany"},
)
REPS = ("camille", "hugo", "lea", "marc", "nadia")


@dataclass(frozen=True)
class TriedOneByOne:
    """What looking at each waiting lead by itself would do now, as earlier versions did."""

    reopened: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)
    """The leads that get a rep, and the rep's owner id, decided one after the other in the queues' order."""


def world_of(services: Services) -> World:
    policy, now = services.rules.policy(), services.clock()
    owners = services.people.owners.by_email()
    reported = services.people.availability.reported(policy.roster, owners, now=now)
    fields, _ = services.store.commits.read_book([policy.roster.day_of(now)])
    return World(Book(fields), owners, now, reported)


def tried_one_by_one(services: Services) -> TriedOneByOne:
    compiled, world = services.rules.compiled(), world_of(services)
    ids = [
        one.contact_id
        for team in services.store.queues.lengths()
        for one in services.store.queues.waiting(team, limit=10_000)
    ]
    waiting = [one for one in services.store.queues.recall(ids).values() if one.state is State.QUEUED]
    found, after = TriedOneByOne(), world
    for lead in sorted(waiting, key=lambda one: rank(one.score, since_ms=one.queued_since_ms)):
        decision = lead.decision
        assert decision is not None
        assert isinstance(decision.outcome, Queued)
        push_at = decision.outcome.push_at
        if decision.outcome.why is None and (push_at is None or push_at > world.now):
            continue
        request = DecisionRequest(lead.contact_id, excluded=frozenset(lead.released_by), trigger=Pushed())
        first = decide_on_facts(compiled, decision.facts, world, request)
        if decision.revision != compiled.policy.revision or isinstance(first.outcome, Assigned):
            found.reopened.add(lead.contact_id)
            then = decide_on_facts(compiled, decision.facts, after, request)
            if isinstance(then.outcome, Assigned):
                found.owners[lead.contact_id] = then.outcome.owner_id
                after = replace(after, book=after.book.apply(then.book_changes))
    return found


def new_leads(chance: random.Random, services: Services, sandbox: SandboxClient, count: int) -> None:
    announce(services, *sandbox.create_exactly([a_hot_contact(**chance.choice(KINDS)) for _ in range(count)]))
    route_all(services)


def change_something(
    chance: random.Random, services: Services, sandbox: SandboxClient, clock: Clock, rules: Path
) -> None:
    """One of the things that happen: leads come, reps come and go, leads are closed, days pass."""
    rep, now = chance.choice(REPS), services.clock()
    match chance.randrange(9):
        case 0 | 1:
            new_leads(chance, services, sandbox, chance.randint(1, 4))
        case 3:
            until = now + timedelta(minutes=chance.choice([1, 30, 600]))
            say_away(rep, rules=services.rules, people=services.people, clock=clock, until=until)
        case 4:
            say_back(rep, rules=services.rules, people=services.people, clock=clock)
        case 2 | 5:
            services.store.commits.set_counts({open_field(rep): chance.randint(0, 3)})
        case 6:
            clock.forward(chance.choice([60, 600, 3_600, 16 * 3_600, 40 * 3_600]))
        case 7:
            given = [one for one in sandbox.contacts(brief=True) if one["owner"] == OWNERS.get(rep, "nobody")]
            if given:
                release_lead(services, str(chance.choice(given)["id"]), rep=rep, why="not mine")
                route_all(services)
        case 8:
            routing = rules / "routing.yaml"
            routing.write_text(routing.read_text() + "\n# another revision\n")
            services.rules.refresh()


@pytest.mark.parametrize("seed", range(6))
def test_a_group_gets_what_its_leads_would_get_one_by_one(
    seed: int, services: Services, sandbox: SandboxClient, clock: Clock, rules: Path
) -> None:
    chance = random.Random(seed)
    (rules / "team.yaml").write_text(TEAM)
    with_rules(services, rules, ROUTING)
    new_leads(chance, services, sandbox, 14)  # more than the reps can take
    handed_out = 0
    for _ in range(14):
        change_something(chance, services, sandbox, clock, rules)
        clock.forward(6)
        wanted = tried_one_by_one(services)
        before = {one for one in wanted.reopened if not owner_of(sandbox, one)}

        while tend_queues(services).looked_at:
            pass

        states = services.store.leads.recall(before)
        reopened = {one for one, state in states.items() if state.state is State.REOPENED}
        route_all(services)
        owners = {one: owner_of(sandbox, one) for one in before}
        assert set(wanted.owners) <= reopened <= wanted.reopened
        assert {one: owner for one, owner in owners.items() if owner} == wanted.owners
        handed_out += len(wanted.owners)
    assert handed_out, "somebody got a lead out of a queue"


def full(services: Services, rules: Path) -> None:
    with_rep_line(services, rules, "idf: [camille, hugo, lea]", "idf: [camille]")
    with_rep_line(services, rules, "camille: {", "camille: {max_open_leads: 1, ")


def calls_of(client: redis.Redis) -> int:
    return int(client.info("stats")["total_commands_processed"])


def test_an_idle_look_costs_the_same_however_many_leads_wait(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis, rules: Path, clock: Clock
) -> None:
    full(services, rules)
    cost = []
    for count in (2, 60):
        queued(services, sandbox, count)
        while tend_queues(services).looked_at:
            pass
        clock.forward(6)
        before = calls_of(redis_client)
        assert tends_something(services)
        assert tend_queues(services).looked_at == 0
        cost.append(calls_of(redis_client) - before)

    assert cost[1] == cost[0] <= 24


def test_one_free_place_decides_one_lead_again(
    services: Services, sandbox: SandboxClient, rules: Path, clock: Clock
) -> None:
    full(services, rules)
    ids = queued(services, sandbox, 30)
    tend_queues(services)
    services.store.commits.set_counts({"open:camille": 0})
    clock.forward(6)

    looked = tend_queues(services)

    states = services.store.leads.recall(ids)
    waits = [one for one in ids if states[one].state is State.QUEUED]
    assert looked.reopened == 1
    assert len(waits) == 28
    assert all(int(one) > int(next(i for i in ids if states[i].state is State.REOPENED)) for one in waits), (
        "the lead that waited longest goes first"
    )


def test_a_rep_whose_lead_turned_out_to_be_somebody_elses_gets_the_next_one(
    services: Services, sandbox: SandboxClient, rules: Path, clock: Clock
) -> None:
    full(services, rules)
    ids = [one for one in queued(services, sandbox, 3) if not owner_of(sandbox, one)]
    tend_queues(services)
    services.store.commits.set_counts({"open:camille": 0})
    clock.forward(6)
    tend_queues(services)
    sandbox.edit_by_hand(ids[0], owner=OWNERS["nadia"])
    route_all(services)
    clock.forward(6)

    looked = tend_queues(services)
    route_all(services)

    assert looked.reopened == 1
    assert [owner_of(sandbox, one) for one in ids] == [OWNERS["nadia"], OWNERS["camille"]]


def test_leads_that_an_earlier_version_queued_are_carried_over(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis, rules: Path, clock: Clock
) -> None:
    full(services, rules)
    ids = queued(services, sandbox, 3)
    keys = services.store.keys
    waiting = [one for one in ids if not owner_of(sandbox, one)]
    for one in waiting:  # a whole decision, and the list of looks: that is all that there was
        (record,) = services.ledger.decisions_of(one) or [_whole_record(services, redis_client, one)]
        redis_client.hset(keys.lead(one), lead_fields.RECORD, orjson.dumps(record))
        redis_client.zadd(keys.tended, {one: services.now_ms()})
    redis_client.delete(keys.waiting_groups, keys.waiting_reps)
    tend_queues(services)
    services.store.commits.set_counts({"open:camille": 0})
    clock.forward(6)

    looked = tend_queues(services)
    route_all(services)

    assert looked.reopened == 1
    assert owner_of(sandbox, waiting[0]) == OWNERS["camille"]


def _whole_record(services: Services, client: redis.Redis, contact_id: str) -> dict[str, object]:
    rows = client.xrange(services.store.keys.outbox)
    found = [
        orjson.loads(fields["record"])
        for _, fields in rows
        if fields["kind"] == "decision" and fields["contact"] == contact_id
    ]
    return dict(found[-1])


def test_a_lead_that_nobody_takes_for_ninety_days_is_parked_and_says_so(
    services: Services, sandbox: SandboxClient, rules: Path, clock: Clock
) -> None:
    full(services, rules)
    ids = queued(services, sandbox, 2)
    (waiting,) = (one for one in ids if not owner_of(sandbox, one))
    tend_queues(services)
    clock.forward(89 * 86_400)
    early = tend_queues(services)
    clock.forward(86_400)

    late = tend_queues(services)

    assert (early.ended, late.ended) == (0, 1)
    assert services.store.leads.parked()[waiting]["why"] == (
        "It waited in the queue of idf for 90 days, and nobody took it."
    )
    assert services.store.queues.waiting("idf") == ()


def test_a_parked_lead_that_is_sent_again_waits_anew(
    services: Services, sandbox: SandboxClient, rules: Path, clock: Clock
) -> None:
    full(services, rules)
    ids = queued(services, sandbox, 2)
    (waiting,) = (one for one in ids if not owner_of(sandbox, one))
    clock.forward(91 * 86_400)
    tend_queues(services)

    services.store.redrive.send_again(waiting, now=clock())
    route_all(services)
    again = tend_queues(services)

    assert again.ended == 0
    assert [one.contact_id for one in services.store.queues.waiting("idf")] == [waiting]


def test_a_queue_keeps_only_what_it_decides_from(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis, rules: Path
) -> None:
    full(services, rules)
    ids = queued(services, sandbox, 2)
    (waiting,) = (one for one in ids if not owner_of(sandbox, one))

    kept = redis_client.hget(services.store.keys.lead(waiting), lead_fields.RECORD)

    assert set(orjson.loads(kept)) == {"revision", "facts", "score", "outcome"}


def test_nothing_of_an_erased_contact_stays_in_a_group(
    services: Services, sandbox: SandboxClient, redis_client: redis.Redis, rules: Path
) -> None:
    full(services, rules)
    ids = queued(services, sandbox, 2)
    (waiting,) = (one for one in ids if not owner_of(sandbox, one))
    tend_queues(services)
    (group,) = services.store.waiting.names()
    before = redis_client.zrange(services.store.keys.waiting_group(group), 0, -1)

    services.store.erasures.erase(waiting)

    assert before == [waiting]
    assert redis_client.zrange(services.store.keys.waiting_group(group), 0, -1) == []
