"""Open counts are put right with few searches, however many reps have a cap."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import redis

from router.policy.shares.share_book import open_field
from router.routing.people import open_counts
from router.routing.people.open_counts import MOST_SEARCHES, TURNS, count_some, plan_counts
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.time_slice import time_slice
from tests.world.leads import OWNERS

PEOPLE = ("camille", "hugo", "lea")
EMAILS = {"camille": "camille.durand@acme.fr", "hugo": "hugo.petit@acme.fr", "lea": "lea.moreau@acme.fr"}


def with_reps(services: Services, rules: Path, client: redis.Redis, count: int) -> list[str]:
    """So many reps with a cap: three of the portal, whose leads are real, and others without any."""
    names = [*PEOPLE, *(f"rep{number}" for number in range(count - len(PEOPLE)))]
    emails = {name: EMAILS.get(name, f"{name}@acme.fr") for name in names}
    reps = "\n".join(f"  {name}: {{owner: {emails[name]}, max_open_leads: 50}}" for name in names)
    (rules / "team.yaml").write_text(
        f"timezone: Europe/Paris\nreps:\n{reps}\n  marc: {{owner: marc.dubois@acme.fr}}\n"
        f"teams:\n  idf: [{', '.join(names)}]\n"
    )
    owners = [
        {"id": OWNERS.get(name, str(9_000_000 + place)), "email": emails[name], "name": "", "archived": False}
        for place, name in enumerate(names)
    ]
    catalog = rules / "hubspot.catalog.json"
    known = orjson.loads(catalog.read_bytes())
    mail = {one["email"] for one in known["owners"]}
    known["owners"] += [
        {name: one[name] for name in ("id", "email", "name")} for one in owners if one["email"] not in mail
    ]
    catalog.write_bytes(orjson.dumps(known))
    kept = {"at": services.clock().isoformat(), "owners": owners}
    client.set(services.store.keys.owners, orjson.dumps(kept))
    services.people.owners._looked_at = None
    services.rules.refresh()
    assert len(services.rules.policy().roster.reps) == count + 1
    return names


def counted_before(services: Services, names: list[str]) -> None:
    for place, name in enumerate(names):
        owner_id = services.people.owners.by_email()[EMAILS.get(name, f"{name}@acme.fr")].id
        services.store.open_counts.note_counted(name, owner_id=owner_id, at_ms=place)


def refresh(services: Services) -> dict[str, int]:
    plan_counts(services, services.people.owners.by_email())
    return count_some(services)


def open_leads_of(sandbox: SandboxClient, rep: str, count: int) -> None:
    """Leads of the rep that no webhook announces."""
    lead = {"hubspot_owner_id": OWNERS[rep], "hs_lead_status": "OPEN"}
    sandbox.create_exactly([lead] * count, announce=False)


def searches(sandbox: SandboxClient) -> int:
    times = {name: sum(by.values()) for name, by in sandbox.calls()["endpoints"].items()}
    return sum(count for name, count in times.items() if "search" in name)


def count_of(services: Services, rep: str) -> int:
    return services.store.open_counts.of([open_field(rep)])[open_field(rep)]


@pytest.fixture(autouse=True)
def no_limit_of_searches(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.hubspot.budget, "_searches", 10_000)


def test_two_hundred_reps_cost_eleven_searches(
    services: Services, sandbox: SandboxClient, rules: Path, redis_client: redis.Redis
) -> None:
    counted_before(services, with_reps(services, rules, redis_client, 200))
    before = searches(sandbox)

    refresh(services)

    assert searches(sandbox) - before == 3 + TURNS


def test_leads_that_no_webhook_announced_are_found_with_few_searches(
    services: Services, sandbox: SandboxClient, rules: Path, redis_client: redis.Redis
) -> None:
    names = with_reps(services, rules, redis_client, 200)
    counted_before(services, names[TURNS:] + names[:TURNS])
    open_leads_of(sandbox, "lea", 4)
    before = searches(sandbox)

    refresh(services)

    assert count_of(services, "lea") == 4
    assert sum(services.store.open_counts.of([open_field(one) for one in names]).values()) == 4
    assert searches(sandbox) - before <= MOST_SEARCHES


def test_mistakes_that_even_each_other_out_are_found_in_turns(
    services: Services, sandbox: SandboxClient, rules: Path, redis_client: redis.Redis
) -> None:
    names = with_reps(services, rules, redis_client, 40)
    counted_before(services, names[3:] + names[:3])
    services.store.open_counts.correct({open_field("camille"): 3, open_field("rep7"): -3})

    for _ in range(len(names) // TURNS):
        refresh(services)

    assert set(services.store.open_counts.of([open_field(one) for one in names]).values()) == {0}


def test_a_rep_who_was_never_counted_is_counted_alone_at_once(
    services: Services, sandbox: SandboxClient, rules: Path, redis_client: redis.Redis
) -> None:
    names = with_reps(services, rules, redis_client, 40)
    for rep, count in (("camille", 2), ("hugo", 3)):
        open_leads_of(sandbox, rep, count)

    counted = refresh(services)

    assert set(counted) == set(names)
    assert (counted["camille"], counted["hugo"], counted["lea"]) == (2, 3, 0)


def test_few_reps_are_counted_one_by_one_every_time(
    services: Services, sandbox: SandboxClient, rules: Path, redis_client: redis.Redis
) -> None:
    names = with_reps(services, rules, redis_client, MOST_SEARCHES)
    counted_before(services, names)
    services.store.open_counts.correct({open_field("camille"): 3, open_field("rep7"): -3})

    assert set(refresh(services)) == set(names)
    assert (count_of(services, "camille"), count_of(services, "rep7")) == (0, 0)


def test_a_lead_given_during_the_search_stays_counted(
    services: Services,
    sandbox: SandboxClient,
    rules: Path,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_reps(services, rules, redis_client, 3)
    open_leads_of(sandbox, "lea", 4)
    counts = type(services.hubspot).count_contacts

    def meanwhile(*args: object, **words: object) -> int:
        found = counts(*args, **words)  # type: ignore[arg-type]
        redis_client.hincrby(services.store.keys.book, open_field("lea"), 1)
        return found

    monkeypatch.setattr(type(services.hubspot), "count_contacts", meanwhile)

    refresh(services)

    assert count_of(services, "lea") >= 5, "the lead that came during its own search is in it"


def test_what_does_not_fit_in_a_turn_goes_on_in_the_next(
    services: Services, sandbox: SandboxClient, rules: Path, redis_client: redis.Redis
) -> None:
    names = with_reps(services, rules, redis_client, 5)
    plan_counts(services, services.people.owners.by_email())

    turns = []
    while services.store.open_counts.is_unfinished():
        with time_slice(0.0):
            turns.append(list(count_some(services)))

    assert turns == [[one] for one in names]


def test_while_the_search_lags_our_own_counts_stand(
    services: Services,
    sandbox: SandboxClient,
    rules: Path,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_reps(services, rules, redis_client, 3)
    open_leads_of(sandbox, "camille", 2)
    many = open_counts._Lately(assigned={OWNERS["camille"]: 60, OWNERS["hugo"]: 60}, moved=1)
    monkeypatch.setattr(open_counts, "_lately", lambda _services: many)
    services.store.open_counts.correct({open_field("camille"): 40, open_field("hugo"): 90})

    refresh(services)

    assert count_of(services, "camille") == 40, "2 are found, and up to 60 may be missing"
    assert count_of(services, "hugo") == 60, "more than that it cannot be"
