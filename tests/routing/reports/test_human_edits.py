"""Where people take many leads over, shares and their warning agree with a count from the portal alone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from fractions import Fraction

import pytest
import redis

from router.policy.shares.share_book import LEAD, returned_field
from router.routing.intake.restore import make_whole
from router.routing.outbox.record import record_outbox
from router.routing.people.refresh import refresh_owners
from router.routing.people.returned import SETTLED
from router.routing.portal.services import Services
from router.routing.queues.claims import release_lead
from router.routing.reports.fairness import Fairness, fairness_since
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all
from tests.world.time import Clock
from tests.world.well import sentences_of

WEIGHTS = {"camille": 2, "hugo": 1, "lea": 1}
BOUND = 2
SEED = 3
"""Of the people who take leads: with this one a rep loses many more than the others."""


def routed(services: Services, sandbox: SandboxClient, clock: Clock, *, leads: int) -> list[str]:
    """Leads of the team on their way, and each looked at until it is over."""
    contacts = sandbox.create_exactly([a_hot_contact() for _ in range(leads)], announce=False)
    announce(services, *contacts)
    route_all(services)
    for _ in range(3):
        clock.forward(4)
        verify_owners(services)
    record_outbox(services)
    return list(contacts)


def counted(sandbox: SandboxClient, contacts: list[str], *, not_had: set[str]) -> dict[str, Fraction]:
    """Leads that each rep is ahead, by who first had each lead; a lead that no rep had counts for nobody."""
    first: dict[str, str] = {}
    chosen = {one["contact"] for one in sandbox.human_choices() if one["when"] == "between"}
    for write in sandbox.writes():
        if write["owner"]:
            first.setdefault(write["id"], write["owner"])
    names = {owner: name for name, owner in OWNERS.items()}
    got = Counter(names[first[one]] for one in contacts if one not in chosen | not_had)
    return {
        rep: got[rep] - Fraction(got.total() * weight, sum(WEIGHTS.values()))
        for rep, weight in WEIGHTS.items()
    }


def reported(services: Services) -> Fairness:
    return fairness_since(services, since=services.clock() - timedelta(days=9))


def warned(services: Services, client: redis.Redis) -> list[str]:
    told = sentences_of(client, services.store.keys, "unfair")
    return [one for one in told if "fair share" in one]


def test_what_people_take_is_owed_to_its_rep_warns_of_nothing_and_is_evened_out(
    services: Services, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    sandbox.overtake(rate=0.5, owner=OWNERS["claire"], seed=SEED)
    contacts = routed(services, sandbox, clock, leads=90)
    sandbox.overtake()
    kept = [
        one for one in contacts if sandbox.contact(one)["properties"]["hubspot_owner_id"] != OWNERS["claire"]
    ]
    for one in kept[:10]:  # people move leads on that a rep has had: that rep has paid
        sandbox.edit_by_hand(one, owner=OWNERS["marc"])
    released = kept[10:13]
    for one in released:
        owner = sandbox.contact(one)["properties"]["hubspot_owner_id"]
        rep = next(name for name, known in OWNERS.items() if known == owner)
        assert release_lead(services, one, rep=rep, why="wrong region").is_yes
    book = services.store.commits.read_book()[0]

    ahead, found = counted(sandbox, contacts, not_had=set(released)), reported(services)

    assert {one.rep: one.difference for one in found.standings} == pytest.approx(
        {rep: float(lead) for rep, lead in ahead.items()}, abs=1e-7
    )
    assert all(one.before == pytest.approx(0, abs=1e-7) for one in found.standings)
    assert sum(one.received for one in found.standings) == len(kept) - len(released)
    furthest = max(abs(lead) for lead in ahead.values())
    assert furthest > BOUND, "the example is to be one that would be warned of"
    assert warned(services, redis_client) == []
    assert not any(one.beyond for one in found.standings)
    assert found.standings[0].returned > furthest - BOUND

    redis_client.hdel(services.store.keys.book, returned_field("idf"))
    assert len(warned(services, redis_client)) == 1, "without refunds the same difference is a fault"
    assert any(one.beyond for one in reported(services).standings)

    redis_client.hset(services.store.keys.book, returned_field("idf"), book[returned_field("idf")])
    refresh_owners(services)
    assert returned_field("idf") in services.store.commits.read_book()[0], "it is not evened out yet"
    contacts += routed(services, sandbox, clock, leads=20)
    refresh_owners(services)

    ahead = counted(sandbox, contacts, not_had=set(released))
    assert max(abs(lead) for lead in ahead.values()) <= BOUND
    assert not services.store.commits.read_book()[0].get(returned_field("idf"))
    assert {one.bound for one in reported(services).standings} == {BOUND}
    assert SETTLED in {one.kind for one in services.ledger.events_of("")}


def test_returned_credit_comes_back_from_the_ledger(
    services: Services, sandbox: SandboxClient, clock: Clock, redis_client: redis.Redis
) -> None:
    sandbox.overtake(rate=0.5, owner=OWNERS["claire"], seed=SEED)
    routed(services, sandbox, clock, leads=40)
    before = lasting(services)
    assert before[returned_field("idf")] > LEAD
    redis_client.flushall()
    services.store.inbox.open()

    assert make_whole(services)

    assert lasting(services) == before


def lasting(services: Services) -> dict[str, int]:
    fields, _ = services.store.commits.read_book()
    return {
        name: count for name, count in fields.items() if count and not name.startswith(("open:", "today:"))
    }
