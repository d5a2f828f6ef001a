"""How many points a lead earns."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.policy.leads.lead import Value
from router.policy.rules.conditions import Between, Contains, IsKnown, Matcher, OneOf, Unknown, Within
from router.policy.rules.decay import left_after_half_lives, left_after_steps
from router.policy.rules.scoring import (
    GradeGrid,
    HalfLife,
    PointsLine,
    PointsTable,
    Scorecard,
    Steps,
    grade_of,
    points,
)
from tests.world.policies import NOW

DAY = timedelta(days=1)


def table(fact: str, *lines: tuple[Matcher | None, int]) -> PointsTable:
    return PointsTable(fact, tuple(PointsLine(matcher, gives, str(gives)) for matcher, gives in lines))


def total(card: Scorecard, **facts: Value) -> int:
    return points(card, facts, now=NOW)[0]


def test_the_first_line_that_fits_gives_the_points() -> None:
    card = Scorecard(
        100, (table("jobtitle", (Contains(("dg",)), 30), (Contains(("direct*", "dg")), 25), (None, 1)),)
    )

    assert total(card, jobtitle="DG") == 30
    assert total(card, jobtitle="Directeur") == 25
    assert total(card, jobtitle="Comptable") == 1


def test_a_missing_fact_is_unknown_and_not_other() -> None:
    other = table("size", (OneOf(frozenset({"big"})), 20), (None, 5))
    unknown = table("size", (OneOf(frozenset({"big"})), 20), (Unknown(), 3), (None, 5))

    assert total(Scorecard(100, (other,))) == 0
    assert total(Scorecard(100, (unknown,))) == 3


def test_the_sum_stays_between_0_and_the_maximum() -> None:
    plenty = table("a", (IsKnown(), 80))
    malus = table("b", (IsKnown(), -200))

    assert total(Scorecard(100, (plenty, plenty)), a="x") == 100
    assert total(Scorecard(100, (plenty, malus)), a="x", b="x") == 0


def test_each_table_says_what_it_gave() -> None:
    card = Scorecard(
        100, (table("a", (IsKnown(), 60)), table("seen", (Within(90 * DAY), 20))), HalfLife(14 * DAY)
    )

    _, lines = points(card, {"a": "x", "seen": NOW - 28 * DAY}, now=NOW)

    assert [(line.fact, line.points, line.left) for line in lines] == [("a", 60, 60), ("seen", 20, 5)]


def test_a_dated_fact_decays_with_its_own_age_and_others_with_the_last_conversion() -> None:
    card = Scorecard(
        100, (table("seen", (IsKnown(), 20)), table("asked", (IsKnown(), 60))), HalfLife(14 * DAY)
    )
    conversion = NOW - 14 * DAY

    assert total(card, seen=NOW, recent_conversion_date=conversion) == 20
    assert total(card, asked="demo", recent_conversion_date=conversion) == 30
    assert total(card, asked="demo") == 60
    assert total(card, seen=date(2026, 11, 10)) == 10


def test_steps_take_their_share_after_every_full_span() -> None:
    card = Scorecard(100, (table("asked", (IsKnown(), 60)),), Steps(every=30 * DAY, by=Decimal("0.5")))

    assert total(card, asked="demo", recent_conversion_date=NOW - 29 * DAY) == 60
    assert total(card, asked="demo", recent_conversion_date=NOW - 30 * DAY) == 30
    assert total(card, asked="demo", recent_conversion_date=NOW - 60 * DAY) == 15


def test_a_score_that_hubspot_computed_stands_for_the_sum() -> None:
    card = Scorecard(100, (), use="hubspotscore")

    _, lines = points(card, {"hubspotscore": Decimal("42.5")}, now=NOW)

    assert total(card, hubspotscore=Decimal("42.5")) == 43
    assert total(card, hubspotscore=Decimal(900)) == 100
    assert total(card, hubspotscore=Decimal(-5)) == 0
    assert total(card) == 0
    assert [(line.fact, line.written, line.left) for line in lines] == [("hubspotscore", "42.5", 43)]


@given(st.integers(-200, 200), st.integers(1, 60), st.integers(0, 10**13))
def test_half_lives_round_half_up_exactly(earned: int, days: int, age_us: int) -> None:
    span, age = timedelta(days=days), timedelta(microseconds=age_us)

    left = left_after_half_lives(earned, span=span, age=age)

    halvings = Decimal(age_us) / Decimal(span // timedelta(microseconds=1))
    lead_value = Decimal(earned) * Decimal(2) ** -halvings
    assert left == int(lead_value.to_integral_value(ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("earned", "lives", "left"),
    [(1, 1, 1), (1, 2, 0), (3, 1, 2), (-1, 1, -1), (60, 1, 30), (60, 0, 60), (5, -3, 5)],
)
def test_an_exact_half_rounds_away_from_zero(earned: int, lives: int, left: int) -> None:
    assert left_after_half_lives(earned, span=14 * DAY, age=lives * 14 * DAY) == left


@pytest.mark.parametrize(("by", "days", "left"), [("1", 0, 60), ("1", 1, 0), ("0", 400, 60), ("0.1", 5, 35)])
def test_steps_from_nothing_to_everything(by: str, days: int, left: int) -> None:
    assert left_after_steps(60, every=DAY, by=Decimal(by), age=days * DAY) == left


def test_grade_is_the_letter_of_fit_and_the_digit_of_engagement() -> None:
    d = Decimal
    grid = GradeGrid(
        fit=(("A", Between(low=d(60))), ("B", Between(low=d(30), high=d(59))), ("C", Between(high=d(29)))),
        engagement=(("1", Between(low=d(50))), ("2", Between(low=d(20))), ("3", Between())),
    )

    assert grade_of(grid, fit=60, engagement=50) == "A1"
    assert grade_of(grid, fit=59, engagement=49) == "B2"
    assert grade_of(grid, fit=0, engagement=0) == "C3"
