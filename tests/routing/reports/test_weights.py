"""Weights by results on real parts: the night puts them in force, and old decisions keep their own."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import redis

from router.policy.explanation.decision_record import from_record
from router.policy.explanation.explanation import explain
from router.routing.intake.restore import make_whole
from router.routing.outbox.record import record_outbox
from router.routing.people.overrides import say_away, say_back
from router.routing.portal.services import Services
from router.routing.queues.claims import release_lead
from router.routing.reports.fairness import grant
from router.routing.reports.replay import replay_decision
from router.routing.reports.share_history import share_changes
from router.routing.reports.weights import refresh_weights, weights_of
from router.sandbox.http.client import SandboxClient
from tests.world.leads import a_hot_contact, announce, route_all
from tests.world.records import WINS, factors, with_results
from tests.world.rule_folders import BY_RESULTS, with_team
from tests.world.time import Clock


@pytest.fixture
def judged(services: Services, rules: Path) -> Services:
    """Services whose team goes by results; nobody has any yet."""
    return with_team(services, rules, BY_RESULTS)


def route_leads(services: Services, sandbox: SandboxClient, count: int) -> Counter[str]:
    ids = sandbox.create_exactly([a_hot_contact() for _ in range(count)], announce=False)
    announce(services, *ids)
    route_all(services)
    record_outbox(services)
    return Counter(services.ledger.decisions_of(one)[0]["outcome"]["rep"] for one in ids)


def test_reps_who_win_more_receive_more_from_the_night_on(judged: Services, sandbox: SandboxClient) -> None:
    with_results(judged, WINS, ago=timedelta(days=40))
    before = route_leads(judged, sandbox, 16)

    changed = refresh_weights(judged)
    after = route_leads(judged, sandbox, 32)

    assert changed
    assert factors(judged)["lea"] > 1500 > 700 > factors(judged)["hugo"] == factors(judged)["camille"]
    assert before == {"camille": 8, "hugo": 4, "lea": 4}
    assert after["lea"] > after["camille"] > after["hugo"]


def test_every_decision_comes_out_again_with_the_weights_it_was_made_with(
    judged: Services, sandbox: SandboxClient
) -> None:
    with_results(judged, WINS, ago=timedelta(days=40))
    route_leads(judged, sandbox, 8)
    refresh_weights(judged)
    route_leads(judged, sandbox, 8)

    found = [one["id"] for one in judged.ledger.recent(limit=16)]
    replayed = [replay_decision(judged.ledger, one) for one in found]

    assert all(one is not None and one.identical for one in replayed)
    assert {share[1] for one in replayed if one for share in one.record["shares"] if share[0] == "lea"} == {
        1000,
        factors(judged)["lea"],
    }


def test_the_ledger_keeps_the_evidence_and_the_same_again_is_no_change(judged: Services) -> None:
    with_results(judged, WINS, ago=timedelta(days=40))

    changed, again = refresh_weights(judged), refresh_weights(judged)

    (entry,) = judged.ledger.events_of("")
    (team,) = entry.detail["teams"]
    assert (changed, again) == (True, False)
    assert entry.kind == "weights_changed"
    assert (team["received"], team["won"]) == (600, 120)
    assert team["reps"]["lea"] == [200, 80, factors(judged)["lea"]]


def test_reps_who_do_not_differ_keep_their_weights(judged: Services) -> None:
    with_results(judged, {"camille": (200, 40), "hugo": (200, 47), "lea": (200, 52)}, ago=timedelta(days=40))

    changed = refresh_weights(judged)

    (team,) = weights_of(store=judged.store, ledger=judged.ledger, rules=judged.rules, clock=judged.clock)
    assert not changed
    assert team.performance.strength is None
    assert set(team.in_force.values()) == {1000}


@pytest.mark.parametrize("days", [3, 120])
def test_leads_that_are_too_young_or_too_old_do_not_count(judged: Services, days: int) -> None:
    with_results(judged, WINS, ago=timedelta(days=days))

    assert not refresh_weights(judged)
    assert (
        weights_of(store=judged.store, ledger=judged.ledger, rules=judged.rules, clock=judged.clock)[
            0
        ].performance.received
        == 0
    )


def test_what_was_won_after_somebody_else_had_the_lead_is_not_theirs(judged: Services) -> None:
    ago = timedelta(days=40)
    with_results(judged, WINS, ago=ago)
    moved = judged.clock() - ago + timedelta(hours=12)
    judged.ledger.record([], [("9-9", "lea0", {"at": moved.isoformat(), "kind": "owner_changed"})])

    (team,) = weights_of(store=judged.store, ledger=judged.ledger, rules=judged.rules, clock=judged.clock)

    assert {one.rep: (one.received, one.won) for one in team.performance.reps} == WINS | {"lea": (200, 79)}


def test_a_team_that_goes_back_to_fixed_weights_forgets_the_factors(
    judged: Services, rules: Path, sandbox: SandboxClient
) -> None:
    with_results(judged, WINS, ago=timedelta(days=40))
    refresh_weights(judged)
    fixed = with_team(judged, rules, "idf: [camille, hugo, lea]")

    shares = route_leads(fixed, sandbox, 16)

    assert shares == {"camille": 8, "hugo": 4, "lea": 4}
    assert weights_of(store=fixed.store, ledger=fixed.ledger, rules=fixed.rules, clock=fixed.clock) == ()
    assert refresh_weights(fixed)
    assert set(factors(fixed).values()) == {0}


def test_an_explanation_says_what_results_made_of_a_weight(judged: Services, sandbox: SandboxClient) -> None:
    with_results(judged, WINS, ago=timedelta(days=40))
    refresh_weights(judged)
    route_leads(judged, sandbox, 1)
    decision = from_record(judged.ledger.recent(limit=1)[0])
    policy = judged.rules.policy()

    (shares,) = [one for one in explain(decision, policy, language="en") if one.title.startswith("Shares")]

    camille, lea = factors(judged)["camille"] / 1000, factors(judged)["lea"] / 1000
    assert f"camille: weight {2 * camille:g} (2 × {camille:g} by results)" in shares.lines[0]
    assert f"lea: weight {lea:g} (1 × {lea:g} by results)" in shares.lines[2]


def test_factors_come_back_when_redis_was_emptied(judged: Services, redis_client: redis.Redis) -> None:
    with_results(judged, WINS, ago=timedelta(days=40))
    refresh_weights(judged)
    before = factors(judged)
    redis_client.delete(judged.store.keys.book)

    make_whole(judged)

    assert before["lea"] > 1500
    assert factors(judged) == before


def test_a_rep_is_told_what_changed_about_their_leads(judged: Services) -> None:
    with_results(judged, WINS, ago=timedelta(days=40))
    refresh_weights(judged)
    grant(
        judged.store.credits,
        team="idf",
        rep="lea",
        amount=Decimal(2),
        why="two duplicates",
        store=judged.store,
        rules=judged.rules,
        clock=judged.clock,
        log=judged.log,
    )
    say_away(
        "hugo",
        until=judged.clock() + timedelta(days=3),
        why="a secret",
        rules=judged.rules,
        people=judged.people,
        clock=judged.clock,
    )
    say_back("hugo", rules=judged.rules, people=judged.people, clock=judged.clock)
    record_outbox(judged)
    since = judged.clock() - timedelta(days=1)

    told = {rep: [one.what for one in share_changes(rep, since=since, ledger=judged.ledger)] for rep in WINS}

    hugo = factors(judged)["hugo"] / 1000
    assert told["hugo"][0] == f"weight times {hugo:.2f}: 20 of 200 leads won"
    assert told["hugo"][1] == "-0.67 leads of credit for lea: two duplicates"
    assert told["hugo"][2].startswith("said to be away until ")
    assert told["hugo"][3] == "what was said of them was taken back"
    assert told["lea"][1] == "+2.00 leads of credit: two duplicates"
    assert len(told["camille"]) == 2
    assert "secret" not in str(told)


def test_a_lead_that_was_given_back_counts_as_not_won(
    judged: Services, sandbox: SandboxClient, clock: Clock
) -> None:
    ids = sandbox.create_exactly([a_hot_contact()], announce=False)
    announce(judged, *ids)
    route_all(judged)
    record_outbox(judged)
    given_to = judged.ledger.decisions_of(ids[0])[0]["outcome"]["rep"]
    answer = release_lead(judged, ids[0], rep=given_to, why="wrong region")
    route_all(judged)
    record_outbox(judged)
    clock.forward(20 * 86_400)

    (team,) = weights_of(store=judged.store, ledger=judged.ledger, rules=judged.rules, clock=judged.clock)

    assert answer.is_yes
    assert {one.rep: (one.received, one.won) for one in team.performance.reps}[given_to] == (1, 0)
