"""The rule index: the first rule that holds, without evaluating the rules one by one.

For every fact that rules test, a table gives the rules that its value does not rule out, as the bits of a
whole number. The bits of all facts are combined with "and"; the lowest bit left is the first rule. A rule
with several alternatives has one bit for each. The same index is used for single leads and for replays of
a million leads, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import and_, getitem
from typing import TypeAlias

from router.policy.leads.lead import Facts
from router.policy.rules.conditions import Asking, Condition, Matcher, Within, asking
from router.policy.rules.fact_masks import Ages, Masks
from router.policy.rules.normal_form import Question, alternatives
from router.policy.rules.policy import Rule


class Index:
    """An index of conditions in order of precedence; bit i of a mask stands for the condition at `places[i]`.

    By fact, `columns` hold the masks by value and `ages` the masks by age. `in_full[i]` is the compiled
    condition if it has more than 16 alternatives and is evaluated in full, else None.
    """

    __slots__ = ("_facts", "_masks", "ages", "columns", "everything", "in_full", "places")

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self.places: list[int] = []
        self.in_full: list[Asking | None] = []
        asked: dict[str, dict[tuple[Matcher, bool], int]] = {}
        for place, condition in enumerate(conditions):
            found = alternatives(condition)
            for questions in ((),) if found is None else found:
                bit = 1 << len(self.places)
                self.places.append(place)
                self.in_full.append(asking(condition) if found is None else None)
                _note(asked, questions, bit)
        self.everything = (1 << len(self.places)) - 1
        columns: list[tuple[str, Masks]] = []
        ages: list[tuple[str, Ages]] = []
        for fact, of_fact in asked.items():
            timeless = [
                (matcher, negated, bits)
                for (matcher, negated), bits in of_fact.items()
                if not isinstance(matcher, Within)
            ]
            timed = [
                (matcher, negated, bits)
                for (matcher, negated), bits in of_fact.items()
                if isinstance(matcher, Within)
            ]
            if timeless:
                columns.append((fact, Masks(timeless, everything=self.everything)))
            if timed:
                ages.append((fact, Ages(timed, everything=self.everything)))
        self.columns = tuple(columns)
        self._facts = tuple(fact for fact, _ in columns)
        self._masks = tuple(masks for _, masks in columns)
        self.ages = tuple(ages)

    def first(self, facts: Facts, now: datetime) -> int | None:
        """The place of the first condition that holds at `now` (aware UTC), or None."""
        left = reduce(and_, map(getitem, self._masks, map(facts.get, self._facts)), self.everything)
        for fact, ages in self.ages:
            left &= ages.mask(facts.get(fact), now)
        return self.first_of(left, facts, now)

    def first_of(self, left: int, facts: Facts, now: datetime) -> int | None:
        """The place of the first condition that holds among the bits in `left`, or None.

        Conditions with `in_full` are evaluated at `now` (aware UTC).
        """
        while left:
            lowest = left & -left
            bit = lowest.bit_length() - 1
            holds = self.in_full[bit]
            if holds is None or holds(facts, now):
                return self.places[bit]
            left ^= lowest
        return None


class RuleIndex(Index):
    """The index of a policy's rules: called with facts and `now`, it returns the first match or None."""

    __slots__ = ("_rules",)

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__([rule.when for rule in rules])
        self._rules = tuple(rules)

    def __call__(self, facts: Facts, now: datetime) -> Rule | None:
        place = self.first(facts, now)
        return None if place is None else self._rules[place]


FirstMatch: TypeAlias = RuleIndex


def first_match_among(rules: Sequence[Rule]) -> FirstMatch:
    """The index of the rules, which finds the first rule whose condition holds."""
    return RuleIndex(rules)


def _note(asked: dict[str, dict[tuple[Matcher, bool], int]], questions: Sequence[Question], bit: int) -> None:
    for fact, matcher, negated in questions:
        of_fact = asked.setdefault(fact, {})
        of_fact[matcher, negated] = of_fact.get((matcher, negated), 0) | bit
