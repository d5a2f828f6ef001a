"""How many points a lead earns."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.policy.leads.lead import Value
from router.policy.rules.conditions import Between, Contains, IsKnown, Matcher, OneOf, Unknown, Within
from router.policy.rules.decay import left_after_half_lives, left_after_steps
from router.policy.rules.scoring import (
    REMEMBERED,
    GradeGrid,
    HalfLife,
    PointsLine,
    PointsTable,
    Scorecard,
    Steps,
    grade_of,
    points,
    totalling,
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


numbers = st.sampled_from(["0", "1", "1.0", "7", "-3", "0.5"]).map(Decimal)
days = st.integers(-1, 40).map(lambda ago: (NOW - ago * DAY).date())
lines_for: dict[str, st.SearchStrategy[Matcher | None]] = {
    "anything": st.one_of(st.none(), st.just(IsKnown()), st.just(Unknown()), st.just(Within(7 * DAY))),
    "text": st.sampled_from([OneOf(frozenset({"dg", "x"})), Contains(("dg", "direct*")), Contains(("x",))]),
    "number": st.one_of(
        st.frozensets(numbers, min_size=1).map(OneOf),
        st.builds(Between, low=st.none() | numbers, high=st.none() | numbers, below=st.none() | numbers),
    ),
    "moment": st.one_of(
        st.integers(0, 40).map(lambda span: Within(span * DAY)),
        st.frozensets(days, min_size=1).map(OneOf),
        st.builds(Between, low=st.none() | days | st.just(NOW), high=st.none() | days),
    ),
    "span": st.builds(Between, low=st.just(5 * DAY), below=st.none() | st.just(9 * DAY)),
}
values_of: dict[str, st.SearchStrategy[Value | None]] = {
    "text": st.sampled_from(["DG", "x", "", "Directrice", "é", "x" * 300, None, frozenset({"x", "z"})]),
    "number": st.one_of(st.none(), numbers, st.booleans()),
    "moment": st.one_of(
        st.none(), days, st.integers(-3, 90).map(lambda hours: NOW - 9 * timedelta(hours=hours))
    ),
    "span": st.one_of(st.none(), st.integers(0, 12).map(lambda span: span * DAY)),
}
kinds = st.sampled_from(sorted(values_of))
tables = kinds.flatmap(
    lambda kind: st.lists(
        st.tuples(st.one_of(lines_for["anything"], lines_for[kind]), st.integers(-50, 90)), max_size=4
    ).map(lambda lines: table(kind, *lines))
)
cards = st.builds(
    Scorecard,
    maximum=st.sampled_from([5, 100]),
    tables=st.lists(tables, max_size=4).map(tuple),
    decay=st.sampled_from([None, HalfLife(14 * DAY), Steps(every=3 * DAY, by=Decimal("0.3"))]),
)
leads = st.fixed_dictionaries(
    {**values_of, "recent_conversion_date": st.none() | st.integers(-1, 60).map(lambda ago: NOW - ago * DAY)}
).map(lambda facts: {fact: value for fact, value in facts.items() if value is not None})


@settings(max_examples=400, deadline=None)
@given(cards, st.lists(leads, max_size=8), st.sampled_from([NOW, NOW + 3 * DAY]))
def test_the_total_of_a_compiled_card_is_the_sum_of_its_points(
    card: Scorecard, many: list[dict[str, Value]], later: datetime
) -> None:
    total_of = totalling(card)

    for facts, now in [(facts, now) for facts in many + many for now in (NOW, later)]:
        assert total_of(facts, now) == points(card, facts, now=now)[0]


def test_the_total_of_a_hubspot_score_is_that_score() -> None:
    card = Scorecard(100, (), use="hubspotscore")

    for facts in (
        {},
        {"hubspotscore": Decimal("42.5")},
        {"hubspotscore": "text"},
        {"hubspotscore": Decimal(999)},
    ):
        assert totalling(card)(facts, NOW) == points(card, facts, now=NOW)[0]


def test_more_different_values_than_are_cached_still_get_their_points() -> None:
    card = Scorecard(100, (table("text", (Contains(("dg",)), 30), (None, 1)),))
    total_of = totalling(card)

    texts = [f"{'dg' if number % 3 else 'x'} {number}" for number in range(2 * REMEMBERED + 10)]
    assert [total_of({"text": text}, NOW) for text in texts] == [30 if "dg" in text else 1 for text in texts]


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
