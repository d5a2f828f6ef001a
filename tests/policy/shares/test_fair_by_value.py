"""What a team promises that shares out points instead of leads."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from router.policy.decision.decision import Decision
from router.policy.explanation.decision_record import as_record, from_record
from router.policy.explanation.explanation import explain
from router.policy.people.roster import Roster, Team
from router.policy.reports.bounds import Bound, bounds_of
from router.policy.reports.fairness import standings
from router.policy.reports.sums.curves import curves_of
from router.policy.reports.sums.share_sums import sums_of
from router.policy.rules.conditions import Between
from router.policy.rules.policy import Assign, Policy, ToTeam
from router.policy.rules.scoring import PointsLine, PointsTable, Scorecard
from router.policy.shares.fair_share import next_up, pay
from router.policy.shares.lead_value import ONE_LEAD, LeadValue, points_of
from router.policy.shares.share import Share
from router.policy.shares.share_book import (
    BOUND,
    LEAD,
    Book,
    credit_field,
    given_field,
    largest_field,
    last_field,
    refund_of,
)
from tests.world.policies import a_lead, a_policy, a_rep, a_rule, a_team, deciding, no_points

TEAM = "sales"
quick = settings(max_examples=100, deadline=None)


def by_value(*names: str) -> Roster:
    roster = a_team(*(a_rep(name) for name in names or ("anna", "ben")))
    return replace(roster, teams={TEAM: replace(roster.teams[TEAM], fair_by="value")})


def points_by_size(roster: Roster, **fields: object) -> Policy:
    """A lead scores 100 points from size 50 up, else 20; without a size none."""
    lines = (PointsLine(Between(low=Decimal(50)), 100, "50.."), PointsLine(Between(), 20, "..49"))
    fit = Scorecard(100, (PointsTable("size", lines),))
    return a_policy(
        a_rule(action=Assign(ToTeam(TEAM))),
        roster=roster,
        scoring=replace(no_points(), fit=fit),
        types={"size": "number"},
    )


def decided(policy: Policy, *sizes: str) -> tuple[list[Decision], Book]:
    book, found = Book(), []
    for number, size in enumerate(sizes):
        decision = deciding(policy, a_lead(str(number), **({"size": size} if size else {})), book=book)
        book = book.apply(decision.book_changes)
        found.append(decision)
    return found, book


def winners(decisions: list[Decision]) -> list[str]:
    return [one.outcome.rep for one in decisions]  # type: ignore[union-attr]


def test_a_large_lead_is_worth_several_small_ones() -> None:
    decisions, book = decided(points_by_size(by_value()), "80", "10", "10", "10", "10", "10")

    assert winners(decisions) == ["anna", "ben", "ben", "ben", "ben", "ben"]
    assert (book.credit(TEAM, "anna", "points"), book.credit(TEAM, "anna")) == (0, 0)
    assert (book.given(TEAM), book.largest(TEAM), book.served(TEAM)) == (200, 100, 6)


def test_a_lead_without_points_is_worth_one() -> None:
    decisions, _book = decided(points_by_size(by_value()), "", "")

    assert winners(decisions) == ["anna", "ben"]
    assert decisions[0].lead_value == LeadValue("points", 1, 1)
    assert points_of(-30, largest=120) == LeadValue("points", 1, 120)


def test_the_reason_and_the_steps_speak_of_points_and_the_record_keeps_them() -> None:
    decisions, _book = decided(policy := points_by_size(by_value()), "80", "10")

    assert "ben, whose turn it is in sales (credit +50 points)" in decisions[1].reason
    (step,) = (
        step for step in explain(decisions[1], policy, language="en") if step.title.startswith("Shares")
    )
    assert step.lines == (
        "anna: weight 1, credit -50 points",
        "ben: weight 1, credit +50 points",
        "next up: ben",
    )
    assert from_record(as_record(decisions[1])) == decisions[1]
    assert "worth" not in as_record(replace(decisions[1], lead_value=ONE_LEAD))


def test_what_a_lead_cost_is_refunded_and_what_the_team_has_given_is_not() -> None:
    decisions, book = decided(points_by_size(by_value()), "80")

    refunded = book.apply(refund_of(decisions[0].book_changes))

    assert [refunded.credit(TEAM, rep, "points") for rep in ("anna", "ben")] == [0, 0]
    assert (refunded.given(TEAM), refunded.largest(TEAM)) == (100, 100)


def test_each_unit_keeps_its_own_accounts() -> None:
    _decisions, by_points = decided(points_by_size(by_value()), "80", "10")
    counting = points_by_size(a_team())

    decision = deciding(counting, a_lead(size="80"), book=by_points)

    assert all(share.credit == 0 for share in decision.shares)
    assert not any(name.startswith("points:") for name in decision.book_changes)


def test_standings_and_bounds_are_in_points() -> None:
    policy = points_by_size(by_value("anna", "ben", "carl"))
    decisions, book = decided(policy, "80", "10", "80", "10", "10")

    found = standings(sums_of(decisions), roster=policy.roster, book=book, bounds=bounds_of(policy))

    assert bounds_of(policy) == {TEAM: Bound("points", BOUND)}
    assert [(one.rep, one.received, one.value, one.unit) for one in found] == [
        ("anna", 1, 100, "points"),
        ("ben", 3, 60, "points"),
        ("carl", 1, 100, "points"),
    ]
    for one in found:
        assert one.fair_share == pytest.approx(260 / 3)
        assert one.difference == pytest.approx(one.value - one.fair_share, abs=1e-6)
        assert one.before == pytest.approx(0, abs=1e-6)
        assert one.bound == 100  # nobody was away: within the largest lead
    lines = curves_of(decisions).of(team=TEAM, unit="points")
    assert lines["ben"][-1].difference == pytest.approx(60 - 260 / 3, abs=1e-6)
    assert curves_of(decisions).of(team=TEAM) == {}


def test_leads_from_before_the_change_of_unit_are_left_out() -> None:
    old, _ = decided(points_by_size(a_team()), "80", "10")
    new, book = decided(policy := points_by_size(by_value()), "80")

    found = standings(sums_of([*old, *new]), roster=policy.roster, book=book, bounds=bounds_of(policy))

    assert [one.received for one in found] == [1, 0]


class Sharing:
    """Shares points out to reps 0, 1, 2 … and keeps the exact share that each should have had."""

    def __init__(self, weights: list[int]) -> None:
        self.weights = weights
        self.fields: dict[str, int] = {}
        self.behind = [Fraction(0)] * len(weights)

    def share(self, eligible: list[int], points: int) -> int:
        shares = [
            Share(
                str(rep),
                self.weights[rep] * 1000,
                self.fields.get(credit_field(TEAM, str(rep), "points"), 0),
                self.fields.get(last_field(TEAM, str(rep)), 0),
            )
            for rep in eligible
        ]
        lead_value = points_of(points, largest=self.fields.get(largest_field(TEAM), 0))
        winner = next_up(shares, lead_value=lead_value)
        for name, change in pay(
            shares, winner, team=TEAM, book=Book(self.fields), lead_value=lead_value
        ).items():
            self.fields[name] = self.fields.get(name, 0) + change
        total = sum(self.weights[rep] for rep in eligible)
        for rep in eligible:
            self.behind[rep] += Fraction(lead_value.value * self.weights[rep], total)
        self.behind[int(winner)] -= lead_value.value
        return int(winner)

    def credits(self) -> list[int]:
        return [
            self.fields.get(credit_field(TEAM, str(rep), "points"), 0) for rep in range(len(self.weights))
        ]


SCORES: dict[str, Callable[[random.Random], int]] = {
    "even": lambda chance: chance.randint(-20, 200),
    "a rare large one": lambda chance: 200 if chance.random() < 0.03 else chance.randint(1, 10),
    "two kinds": lambda chance: chance.choice([5, 160]),
    "all alike": lambda _chance: 60,
}
weights = st.one_of(
    st.lists(st.integers(1, 1000), min_size=1, max_size=40),
    st.lists(st.integers(1, 3), min_size=2, max_size=10),
)


@quick
@given(weights, st.sampled_from(sorted(SCORES)), st.integers(0))
def test_with_everyone_eligible_nobody_is_further_away_than_the_largest_lead(
    team: list[int], kind: str, seed: int
) -> None:
    sharing, chance = Sharing(team), random.Random(seed)

    for number in range(80):
        sharing.share(list(range(len(team))), SCORES[kind](chance))

        largest = sharing.fields[largest_field(TEAM)]
        assert max(map(abs, sharing.behind)) <= largest
        assert sum(sharing.credits()) == 0
        for behind, credit in zip(sharing.behind, sharing.credits(), strict=True):
            assert abs(behind * LEAD - credit) <= 2 * (number + 1)


@quick
@given(weights, st.sampled_from(sorted(SCORES)), st.integers(0), st.sampled_from([0.3, 0.7]))
def test_whoever_is_eligible_nobody_is_further_away_than_twice_the_largest_lead(
    team: list[int], kind: str, seed: int, presence: float
) -> None:
    sharing, chance = Sharing(team), random.Random(seed)
    everyone = range(len(team))

    for _ in range(80):
        eligible = [rep for rep in everyone if chance.random() < presence] or [chance.choice(everyone)]
        winner = sharing.share(eligible, SCORES[kind](chance))

        assert winner in eligible
        assert sum(sharing.credits()) == 0
        assert max(map(abs, sharing.credits())) <= BOUND * sharing.fields[largest_field(TEAM)] * LEAD
    assert sharing.fields[given_field(TEAM)] >= 80


@quick
@given(weights, st.integers(1, 60))
def test_leads_of_one_value_are_shared_as_if_they_were_counted(team: list[int], points: int) -> None:
    sharing, fields = Sharing(team), dict[str, int]()

    for _ in range(60):
        shares = [
            Share(
                str(rep),
                weight * 1000,
                fields.get(credit_field(TEAM, str(rep)), 0),
                fields.get(last_field(TEAM, str(rep)), 0),
            )
            for rep, weight in enumerate(team)
        ]
        winner = next_up(shares)
        for name, change in pay(shares, winner, team=TEAM, book=Book(fields)).items():
            fields[name] = fields.get(name, 0) + change

        assert sharing.share(list(range(len(team))), points) == int(winner)


def test_a_team_says_what_it_counts_in() -> None:
    assert (Team("a", ()).unit, Team("a", (), fair_by="value").unit) == ("leads", "points")
