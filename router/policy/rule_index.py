"""Which rules can match at all, found without asking each of them.

For every fact that rules compare with fixed values, a table says which rules remain for each value, as
the bits of a whole number: bit i stands for rule i. The remaining rules are asked in full, top to
bottom, so the index only saves time and never decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from router.policy.conditions import AllOf, Asking, Condition, OneOf, Test, asking
from router.policy.lead import Facts, Value
from router.policy.rules import Rule

FirstMatch: TypeAlias = Callable[[Facts, datetime], Rule | None]


@dataclass(frozen=True, slots=True)
class _Column:
    """One fact: the rules left for each value it is compared with, and for any other value."""

    fact: str
    of_value: dict[Value, int]
    elsewise: int


def first_match_among(rules: Sequence[Rule]) -> FirstMatch:
    """A function that finds the first of the rules whose conditions all hold, or None."""
    everything = (1 << len(rules)) - 1
    columns = _columns(rules)
    asked: tuple[tuple[Rule, Asking], ...] = tuple((rule, asking(rule.when)) for rule in rules)

    def first_match(facts: Facts, now: datetime) -> Rule | None:
        left = everything
        for column in columns:
            left &= _rules_for(column, facts.get(column.fact), everything)
        while left:
            lowest = left & -left
            rule, holds = asked[lowest.bit_length() - 1]
            if holds(facts, now):
                return rule
            left ^= lowest
        return None

    return first_match


def _rules_for(column: _Column, value: Value | None, everything: int) -> int:
    if isinstance(value, str | Decimal):
        return column.of_value.get(value, column.elsewise)
    if value is None:
        return column.elsewise
    if isinstance(value, frozenset):
        left = column.elsewise
        for choice in value:
            left |= column.of_value.get(choice, 0)
        return left
    return everything


def _columns(rules: Sequence[Rule]) -> tuple[_Column, ...]:
    demands = [list(_demands(rule.when)) for rule in rules]
    facts = dict.fromkeys(fact for demand in demands for fact, _ in demand)
    return tuple(_column(fact, demands) for fact in facts)


def _column(fact: str, demands: Sequence[Sequence[tuple[str, OneOf]]]) -> _Column:
    """A rule that demands the fact twice is filed under one of its demands; asking it settles the other."""
    demanded = {
        place: matcher for place, demand in enumerate(demands) for name, matcher in demand if name == fact
    }
    elsewise = sum(1 << place for place in range(len(demands)) if place not in demanded)
    of_value: dict[Value, int] = {}
    for place, matcher in demanded.items():
        for value in matcher.values:
            of_value[value] = of_value.get(value, elsewise) | 1 << place
    return _Column(fact, of_value, elsewise)


def _demands(condition: Condition) -> Iterator[tuple[str, OneOf]]:
    """The tests for fixed values without which the condition cannot hold (dates are left to asking)."""
    match condition:
        case Test(fact=fact, matcher=OneOf(values) as matcher):
            if not any(isinstance(value, date) for value in values):
                yield fact, matcher
        case AllOf(parts):
            for part in parts:
                yield from _demands(part)
        case _:
            return
