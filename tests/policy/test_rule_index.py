"""The index of rules finds what asking each rule in turn finds."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from router.policy.conditions import (
    AllOf,
    AnyOf,
    Between,
    Condition,
    Known,
    Matcher,
    NoneOf,
    OneOf,
    Test,
    Unknown,
    holds,
)
from router.policy.lead import Value
from router.policy.rule_index import first_match_among
from tests.policy.builders import NOW, a_rule

texts = st.sampled_from(["x", "y", "z"])
facts_named = st.sampled_from(["a", "b", "c"])
matchers: st.SearchStrategy[Matcher] = st.one_of(
    st.frozensets(texts, min_size=1).map(OneOf), st.just(Known()), st.just(Unknown())
)
on_texts = st.builds(lambda fact, matcher: Test(fact, matcher, ""), facts_named, matchers)
number_matchers: st.SearchStrategy[Matcher] = st.one_of(
    st.frozensets(st.integers(0, 3).map(Decimal), min_size=1).map(OneOf),
    st.integers(0, 3).map(lambda low: Between(low=Decimal(low))),
)
on_numbers = st.builds(lambda matcher: Test("n", matcher, ""), number_matchers)
conditions: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(on_texts, on_numbers),
    lambda parts: st.one_of(
        *(st.lists(parts, max_size=3).map(tuple).map(group) for group in (AllOf, AnyOf, NoneOf))
    ),
    max_leaves=6,
)
values: st.SearchStrategy[Value] = st.one_of(texts, st.frozensets(texts, min_size=1))
leads = st.builds(
    lambda texts, numbers: {**texts, **numbers},
    st.dictionaries(facts_named, values),
    st.dictionaries(st.just("n"), st.integers(0, 3).map(Decimal)),
)


@given(st.lists(conditions, max_size=12), leads)
def test_the_index_finds_the_rule_that_asking_all_in_turn_finds(
    whens: list[Condition], facts: dict[str, Value]
) -> None:
    rules = [a_rule(f"rule {place}", when) for place, when in enumerate(whens)]

    found = first_match_among(rules)(facts, NOW)

    assert found == next((rule for rule in rules if holds(rule.when, facts, now=NOW)), None)
