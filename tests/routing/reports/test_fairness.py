"""What the ledger says that everybody received, on real parts; and grants under concurrent commits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import redis

from router.bootstrap import open_services
from router.policy.decision.decision import Assigned, Decision
from router.policy.explanation.decision_record import from_record
from router.policy.shares.grant import CannotGrant
from router.policy.shares.share_book import LEAD, PERMANENT, REFUNDED
from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claims import release_lead
from router.routing.reports.fairness import Fairness, fairness_since, grant, plan_grant
from router.routing.reports.replay import replay_decision
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.leads.credits import Credits
from router.store.shared.availability import Override
from tests.world.leads import OWNERS, a_hot_contact, announce, route_all

WHY = "Deux doublons"


@pytest.fixture
def repository(services: Services, redis_client: redis.Redis) -> Credits:
    return Credits(redis_client, services.store.keys)


@pytest.fixture
def by_value(rules: Path) -> None:
    """The team shares points, not leads; asked for before the services open."""
    team = (rules / "team.yaml").read_text("utf-8")
    changed = team.replace("[camille, hugo, lea]", "{reps: [camille, hugo, lea], fair_by: value}")
    (rules / "team.yaml").write_text(changed, "utf-8")


def today(services: Services) -> Fairness:
    return fairness_since(services, since=services.clock() - timedelta(days=1))


def decisions(services: Services) -> list[Decision]:
    record_outbox(services)
    return [from_record(one) for one in services.ledger.decided_since(services.clock() - timedelta(days=1))]


def test_what_was_routed_is_what_was_received(services: Services, sandbox: SandboxClient) -> None:
    announce(services, *sandbox.create_exactly([a_hot_contact() for _ in range(12)]))
    route_all(services)

    found = today(services)

    assert [(one.rep, one.received) for one in found.standings] == [("camille", 6), ("hugo", 3), ("lea", 3)]
    assert all(one.before == 0 and abs(one.difference) < 1e-8 for one in found.standings)
    assert all(one.value == 120 * one.received for one in found.standings)


@pytest.mark.parametrize("kind", REFUNDED)
def test_a_lead_whose_share_was_given_back_counts_for_nobody(
    services: Services, sandbox: SandboxClient, kind: str
) -> None:
    announce(services, *sandbox.create_exactly([a_hot_contact() for _ in range(4)]))
    route_all(services)
    decision = decisions(services)[0]
    event = {"at": services.clock().isoformat(), "kind": kind, "decision": decision.id}
    services.ledger.record([], [("1-1", decision.contact_id, event)])

    found = today(services)

    assert sum(one.received for one in found.standings) == 3


def test_a_choice_that_a_person_made_meanwhile_leaves_nobody_ahead_or_behind(
    services: Services, sandbox: SandboxClient
) -> None:
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    announce(services, *sandbox.create_exactly([a_hot_contact() for _ in range(4)]))
    route_all(services)
    services.store.verify.look_again(services.store.verify.due(now_ms=2**52, limit=50), at_ms=0)
    verified = verify_owners(services)

    found = today(services)

    assert verified.restored == 1
    assert sum(one.received for one in found.standings) == 3
    assert all(one.before == pytest.approx(0, abs=1e-8) for one in found.standings)


def test_a_grant_brings_the_rep_the_next_leads_and_stands_in_the_ledger(
    services: Services, repository: Credits, sandbox: SandboxClient
) -> None:
    planned = plan_grant(
        team="idf", rep="hugo", amount=Decimal(2), store=services.store, rules=services.rules
    )
    done = grant(
        repository,
        team="idf",
        rep="hugo",
        amount=Decimal(2),
        why=WHY,
        store=services.store,
        rules=services.rules,
        clock=services.clock,
        log=services.log,
    )
    announce(services, *sandbox.create_exactly([a_hot_contact() for _ in range(2)]))
    route_all(services)
    record_outbox(services)

    (entry,) = services.ledger.events_of("")
    assert planned == done
    assert done.credits["hugo"] == (0, 2)
    assert done.credits["camille"][1] == pytest.approx(-4 / 3)
    assert {contact["owner"] for contact in sandbox.contacts(brief=True)} == {OWNERS["hugo"]}
    reported = {"team": "idf", "rep": "hugo", "leads": "2", "why": WHY}
    assert entry.kind == "credit_granted"
    assert {name: value for name, value in entry.detail.items() if name != "book"} == reported
    assert entry.detail["book"]["credit:idf:hugo"] == 2 * LEAD


def test_grants_at_once_all_count(services: Services, repository: Credits) -> None:
    threads = [
        threading.Thread(
            target=grant,
            args=(repository,),
            kwargs={
                "team": "idf",
                "rep": rep,
                "amount": Decimal(1),
                "why": WHY,
                "store": services.store,
                "rules": services.rules,
                "clock": services.clock,
                "log": services.log,
            },
        )
        for rep in ("hugo", "lea", "camille", "hugo", "lea", "hugo")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    fields, version = services.store.commits.read_book()
    assert version == 6
    assert sum(fields.values()) == 0
    assert services.store.outbox.length() == 6


def test_a_plan_that_makes_no_sense_is_refused(services: Services) -> None:
    with pytest.raises(CannotGrant, match="there is no team 'nord'"):
        plan_grant(team="nord", rep="hugo", amount=Decimal(1), store=services.store, rules=services.rules)


def test_a_released_lead_leaves_nobody_ahead_or_behind(services: Services, sandbox: SandboxClient) -> None:
    announce(services, *sandbox.create_exactly([a_hot_contact() for _ in range(4)]))
    route_all(services)
    given = next(one for one in decisions(services) if isinstance(one.outcome, Assigned))
    assert isinstance(given.outcome, Assigned) and given.outcome.rep

    answer = release_lead(services, given.contact_id, rep=given.outcome.rep, why="wrong region")
    found = today(services)

    assert answer.is_yes
    assert sum(one.received for one in found.standings) == 3
    assert all(one.before == pytest.approx(0, abs=1e-8) for one in found.standings)


@pytest.mark.usefixtures("by_value")
def test_points_are_shared_given_back_and_granted_as_leads_are(
    rules: Path, sandbox: SandboxClient, repository: Credits, services: Services
) -> None:
    sandbox.overtake(times=1, owner=OWNERS["claire"])
    announce(services, *sandbox.create_exactly([a_hot_contact() for _ in range(4)]))
    route_all(services)
    services.store.verify.look_again(services.store.verify.due(now_ms=2**52, limit=50), at_ms=0)
    assert verify_owners(services).restored == 1

    found = today(services)
    granted = grant(
        repository,
        team="idf",
        rep="hugo",
        amount=Decimal(90),
        why=WHY,
        store=services.store,
        rules=services.rules,
        clock=services.clock,
        log=services.log,
    )
    fields, _ = services.store.commits.read_book()

    assert sum(one.received for one in found.standings) == 3
    assert all((one.unit, one.bound) == ("points", 2 * 120 + one.returned) for one in found.standings)
    assert found.standings[0].returned > 0
    assert all(one.before == pytest.approx(0, abs=1e-6) for one in found.standings)
    assert sum(one.fair_share for one in found.standings) == pytest.approx(360)
    assert (fields["given:idf"], fields["largest:idf"], fields["served:idf"]) == (480, 120, 4)
    assert sum(value for name, value in fields.items() if name.startswith("points:idf:")) == 0
    assert not any(name.startswith("credit:") for name in fields)
    assert granted.unit == "points"
    before, after = granted.credits["hugo"]
    assert after - before == pytest.approx(90)
    record_outbox(services)
    rebuilt, _count = services.ledger.shares.book()
    kept = {name: value for name, value in fields.items() if name.startswith(PERMANENT)}
    assert {name: rebuilt.get(name, 0) for name in kept} == kept


def test_two_hosts_share_points_and_let_a_rep_catch_up_on_one_book(
    rules: Path, settings: Settings, redis_client: redis.Redis, services: Services, sandbox: SandboxClient
) -> None:
    team = (rules / "team.yaml").read_text("utf-8")
    shared = "{reps: [camille, hugo, lea], fair_by: value, time_off: {catch_up: 600}}"
    (rules / "team.yaml").write_text(team.replace("[camille, hugo, lea]", shared), "utf-8")
    services.rules.refresh()
    other = open_services(settings, redis_client, clock=services.clock)
    other.rules.refresh()
    now = services.clock()
    services.people.availability.repository.override(
        "lea", Override("away", now + timedelta(hours=1), now, "sick")
    )
    services.people.owners.by_email()
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(60)], announce=False)
    announce(services, *ids)
    batches = [
        (one, services.store.inbox.take(f"worker {n}", limit=15))
        for n, one in enumerate([services, other] * 2)
    ]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: route(batches[n][0], batches[n][1], consumer=f"worker {n}"), range(4)))

    fields, _ = services.store.commits.read_book()
    points = {name: value for name, value in fields.items() if name.startswith("points:idf:")}
    assert sum(points.values()) == 0
    assert points["points:idf:lea"] == pytest.approx(600 * LEAD, abs=120 * LEAD)
    assert points["points:idf:lea"] <= 600 * LEAD
    assert (fields["given:idf"], fields["largest:idf"], fields["served:idf"]) == (60 * 120, 120, 60)
    # Among those at work nothing has changed: camille weighs twice as much as hugo.
    owners = [sandbox.contact(one)["properties"]["hubspot_owner_id"] for one in ids]
    assert (owners.count(OWNERS["camille"]), owners.count(OWNERS["hugo"])) == (40, 20)
    record_outbox(services)
    rebuilt, _count = services.ledger.shares.book()
    assert {name: rebuilt.get(name, 0) for name in fields if name.startswith(PERMANENT)} == {
        name: value for name, value in fields.items() if name.startswith(PERMANENT)
    }
    for decision in decisions(services):
        again = replay_decision(services.ledger, decision.id)
        assert again is not None
        assert again.differences == ()
    other.ledger.close()
