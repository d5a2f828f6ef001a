"""The index of rules finds what asking each rule in turn finds."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from router.policy.leads.lead import Value
from router.policy.rules.conditions import (
    AllOf,
    AnyOf,
    Between,
    Condition,
    Contains,
    IsKnown,
    Matcher,
    NoneOf,
    OneOf,
    Test,
    Unknown,
    Within,
    holds,
)
from router.policy.rules.fact_masks import REMEMBERED
from router.policy.rules.rule_index import first_match_among
from tests.world.policies import NOW, a_rule

texts = st.sampled_from(["x", "y", "z"])
facts_named = st.sampled_from(["a", "b", "c"])
matchers: st.SearchStrategy[Matcher] = st.one_of(
    st.frozensets(texts, min_size=1).map(OneOf), st.just(IsKnown()), st.just(Unknown())
)
on_texts = st.builds(lambda fact, matcher: Test(fact, matcher, ""), facts_named, matchers)
number_matchers: st.SearchStrategy[Matcher] = st.one_of(
    st.frozensets(st.integers(0, 3).map(Decimal), min_size=1).map(OneOf),
    st.integers(0, 3).map(lambda low: Between(low=Decimal(low))),
    st.integers(0, 3).map(lambda high: Between(high=Decimal(high))),
    st.builds(lambda low, below: Between(low=low, below=below), *[st.integers(0, 3).map(Decimal)] * 2),
)
on_numbers = st.builds(lambda matcher: Test("n", matcher, ""), number_matchers)
days_ago = st.integers(-1, 4).map(lambda days: timedelta(days=days))
moment_matchers: st.SearchStrategy[Matcher] = st.one_of(
    days_ago.map(lambda span: Within(abs(span))),
    days_ago.map(lambda ago: Between(low=(NOW - ago).date())),
    days_ago.map(lambda ago: OneOf(frozenset([(NOW - ago).date()]))),
    st.just(Unknown()),
)
on_moments = st.builds(lambda matcher: Test("m", matcher, ""), moment_matchers)
spans = st.integers(0, 4).map(lambda days: timedelta(days=days))
span_matchers: st.SearchStrategy[Matcher] = st.one_of(
    st.builds(Between, low=st.none() | spans, high=st.none() | spans, below=st.none() | spans),
    st.just(Unknown()),
)
on_spans = st.builds(lambda matcher: Test("age", matcher, ""), span_matchers)
words = st.sampled_from(["x", "y", "dg", "dir*"])
on_titles = st.builds(lambda word: Test("title", Contains((word,)), ""), words)
conditions: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(on_texts, on_numbers, on_moments, on_spans, on_titles),
    lambda parts: st.one_of(
        *(st.lists(parts, max_size=3).map(tuple).map(group) for group in (AllOf, AnyOf, NoneOf))
    ),
    max_leaves=6,
)
values: st.SearchStrategy[Value] = st.one_of(texts, st.frozensets(texts, min_size=1))
moments: st.SearchStrategy[Value] = st.one_of(
    days_ago.map(lambda ago: NOW - ago), st.just(date(2026, 11, 23)), st.just(NOW + timedelta(seconds=30))
)
leads = st.builds(
    lambda *parts: {fact: value for part in parts for fact, value in part.items()},
    st.dictionaries(facts_named, values),
    st.dictionaries(st.just("n"), st.integers(0, 3).map(Decimal)),
    st.dictionaries(st.just("m"), moments),
    st.dictionaries(st.just("age"), spans),
    st.dictionaries(st.just("title"), st.sampled_from(["DG", "budget X", "Directrice", "y"])),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(conditions, max_size=12), leads)
def test_the_index_finds_the_rule_that_asking_all_in_turn_finds(
    whens: list[Condition], facts: dict[str, Value]
) -> None:
    rules = [a_rule(f"rule {place}", when) for place, when in enumerate(whens)]

    found = first_match_among(rules)(facts, NOW)

    assert found == next((rule for rule in rules if holds(rule.when, facts, now=NOW)), None)


def test_a_condition_of_very_many_alternatives_is_asked_in_full() -> None:
    either = [
        AnyOf((Test(f"f{n}", OneOf(frozenset("x")), ""), Test(f"g{n}", IsKnown(), ""))) for n in range(9)
    ]
    rules = [a_rule("any of 512", AllOf(tuple(either))), a_rule("the rest")]
    finds = first_match_among(rules)

    assert finds({f"f{n}": "x" for n in range(9)}, NOW) == rules[0]
    assert finds({f"f{n}": "x" for n in range(8)}, NOW) == rules[1]


def test_two_lists_that_one_rule_demands_are_both_asked_of_a_multiple_choice() -> None:
    both = AllOf((Test("a", OneOf(frozenset("x")), ""), Test("a", OneOf(frozenset("y")), "")))
    finds = first_match_among([a_rule("both", both)])

    assert finds({"a": frozenset("xy")}, NOW) is not None
    assert finds({"a": frozenset("xz")}, NOW) is None
    assert finds({"a": "x"}, NOW) is None


def test_more_values_than_are_remembered_still_find_their_rule() -> None:
    finds = first_match_among([a_rule("x", Test("a", OneOf(frozenset("x")), "")), a_rule("the rest")])

    found = [finds({"a": str(number)}, NOW) for number in range(REMEMBERED + 2)]

    assert all(rule == finds({}, NOW) for rule in found)
    assert finds({"a": "x"}, NOW) != finds({}, NOW)
