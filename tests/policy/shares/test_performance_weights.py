"""Weights by results: chance moves nobody's leads, true differences do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.policy.decision.decision import Assigned
from router.policy.people.roster import Roster, Team
from router.policy.rules.policy import Assign, ToTeam
from router.policy.shares.performance_weights import LEAST_FACTOR, MOST_FACTOR, Wins, performance_of, wilson
from router.policy.shares.share_book import Book, factor_field
from tests.world.policies import a_lead, a_policy, a_rep, a_team, deciding

quick = settings(max_examples=200, deadline=None)


def results_of(rates: Sequence[float], *, leads: int | Sequence[int], seed: int) -> list[Wins]:
    """Reps r0, r1 … whose every lead is won by chance at their rate."""
    chance = random.Random(seed)
    received = [leads] * len(rates) if isinstance(leads, int) else leads
    return [
        Wins(f"r{place}", count, sum(chance.random() < rate for _ in range(count)))
        for place, (rate, count) in enumerate(zip(rates, received, strict=True))
    ]


def factors(results: Sequence[Wins]) -> dict[str, float]:
    return {one.rep: one.factor / 1000 for one in performance_of(results).reps}


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("leads", [20, 80, 300])
def test_thirty_five_reps_who_do_not_differ_keep_their_weights(rate: float, leads: int) -> None:
    for seed in range(60):
        count = random.Random(seed)
        received = [round(leads * count.uniform(0.3, 1.7)) for _ in range(35)]

        found = factors(results_of([rate] * 35, leads=received, seed=seed))

        assert all(0.9 <= factor <= 1.1 for factor in found.values())


def test_what_looks_different_by_chance_would_move_leads_if_it_were_believed() -> None:
    """The null test has teeth: the raw rates of reps who do not differ are far from each other."""
    results = results_of([0.1] * 35, leads=80, seed=1)

    rates = [one.won / one.received for one in results]

    assert min(rates) < 0.05 and max(rates) > 0.15


def test_reps_who_really_differ_get_more_or_fewer_leads_in_that_order() -> None:
    results = results_of([0.05, 0.1, 0.15, 0.3], leads=400, seed=7)

    found = factors(results)

    assert found["r0"] < found["r1"] < found["r2"] < found["r3"]
    assert found["r0"] < 0.8 and found["r3"] > 1.4


def test_whoever_has_few_leads_stays_near_the_team() -> None:
    veterans = results_of([0.05, 0.1, 0.15, 0.3], leads=400, seed=7)
    newcomer, absent = Wins("new", 3, 1), Wins("away", 0, 0)

    found = factors([*veterans, newcomer, absent])

    assert 1.0 < found["new"] < 1.5  # a third of three leads; the team wins 15 %
    assert found["away"] == 1.0


def test_where_reps_win_all_or_nothing_one_without_leads_counts_as_the_team() -> None:
    team = performance_of([Wins("away", 0, 0), Wins("ben", 40, 40), Wins("carl", 760, 0)])

    assert team.strength == 0.0
    assert [(one.rep, one.factor) for one in team.reps] == [("away", 1000), ("ben", 2000), ("carl", 500)]
    assert team.reps[0].expected == pytest.approx(40 / 800)


def test_one_lucky_first_lead_is_no_proof() -> None:
    assert performance_of([Wins("ben", 1, 1), Wins("carl", 35, 0)]).strength is None


def test_the_evidence_comes_along() -> None:
    team = performance_of([Wins("anna", 200, 60), Wins("ben", 200, 10)])

    anna, ben = team.reps
    assert (team.received, team.won) == (400, 70)
    assert team.strength is not None and team.strength > 0
    assert anna.low < 0.3 < anna.high and ben.low < 0.05 < ben.high
    assert ben.low < ben.expected < 70 / 400 < anna.expected < 60 / 200


@pytest.mark.parametrize("won", [0, 50])
def test_a_team_that_wins_nothing_or_everything_keeps_its_weights(won: int) -> None:
    team = performance_of([Wins("anna", 50, won), Wins("ben", 50, won)])

    assert team.strength is None
    assert [one.factor for one in team.reps] == [1000, 1000]


def test_more_wins_than_leads_are_refused() -> None:
    with pytest.raises(ValueError, match="anna won 3 of 2"):
        performance_of([Wins("anna", 2, 3)])


@pytest.mark.parametrize(
    ("won", "received", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons(won: int, received: int, low: float, high: float) -> None:
    assert wilson(won, received) == pytest.approx((low, high), abs=1e-4)


counts = st.integers(0, 400).flatmap(lambda received: st.tuples(st.just(received), st.integers(0, received)))


@quick
@given(st.lists(counts, min_size=0, max_size=40))
def test_factors_stay_in_bounds_and_follow_the_shrunk_rates(pairs: list[tuple[int, int]]) -> None:
    team = performance_of([Wins(str(at), *pair) for at, pair in enumerate(pairs)])

    assert all(LEAST_FACTOR <= one.factor <= MOST_FACTOR for one in team.reps)
    assert all(one.low <= one.high for one in team.reps)
    ordered = sorted(team.reps, key=lambda one: one.expected)
    assert all(a.factor <= b.factor for a, b in pairwise(ordered))


@quick
@given(st.lists(counts, min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_reps_changes_nothing(pairs: list[tuple[int, int]], chance: random.Random) -> None:
    results = [Wins(str(at), *pair) for at, pair in enumerate(pairs)]
    shuffled = chance.sample(results, len(results))

    assert factors(results) == pytest.approx(factors(shuffled), abs=0.011)


def by_results(*, weights: Sequence[int] = (1, 1)) -> Roster:
    roster = a_team(
        *(a_rep(name, weight=weight) for name, weight in zip(("anna", "ben"), weights, strict=True))
    )
    return Roster(
        roster.timezone,
        roster.reps,
        {"sales": Team("sales", ("anna", "ben"), performance=timedelta(days=90))},
    )


def dealt(roster: Roster, book: Book, *, leads: int) -> dict[str, int]:
    policy, got = a_policy(roster=roster, otherwise=Assign(ToTeam("sales"))), {"anna": 0, "ben": 0}
    for number in range(leads):
        decision = deciding(policy, a_lead(str(number)), book=book)
        assert isinstance(decision.outcome, Assigned) and decision.outcome.rep
        got[decision.outcome.rep] += 1
        book = book.apply(decision.book_changes)
    return got


def test_a_factor_multiplies_the_weight_of_the_file() -> None:
    book = Book({factor_field("sales", "anna"): 1500, factor_field("sales", "ben"): 500})

    assert dealt(by_results(), book, leads=40) == {"anna": 30, "ben": 10}
    assert dealt(by_results(weights=(1, 3)), book, leads=40) == {"anna": 20, "ben": 20}


def test_without_factors_the_weights_of_the_file_hold() -> None:
    assert dealt(by_results(weights=(3, 1)), Book(), leads=40) == {"anna": 30, "ben": 10}


def test_a_team_of_fixed_weights_knows_no_factors() -> None:
    book = Book({factor_field("sales", "anna"): 1500, factor_field("sales", "ben"): 500})

    assert dealt(a_team(), book, leads=40) == {"anna": 20, "ben": 20}


def test_new_factors_leave_everybody_within_two_leads_of_their_share() -> None:
    roster, book = by_results(), Book()
    for factor in (500, 2000, 1000, 500, 1500):
        book = Book({**book.fields, factor_field("sales", "anna"): factor})
        policy = a_policy(roster=roster, otherwise=Assign(ToTeam("sales")))
        for number in range(7):
            book = book.apply(deciding(policy, a_lead(str(number)), book=book).book_changes)
            assert abs(book.credit("sales", "anna")) <= 2 * 10**9
            assert book.credit("sales", "anna") + book.credit("sales", "ben") == 0
