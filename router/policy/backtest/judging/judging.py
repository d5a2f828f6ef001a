"""The judge of many leads: points, grade, segment, and the rule that takes each lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from router.policy.backtest.judging.columns import CellReader, Columns, View
from router.policy.backtest.judging.condition_index import COMPUTED, NOWHERE, ConditionIndex, IndexedColumns
from router.policy.backtest.judging.grading import Grader, Scorer
from router.policy.backtest.judging.numbering import Ints, KeyTable, Numbers, each_once
from router.policy.leads.lead import Value
from router.policy.rules.facts import facts_needed
from router.policy.rules.policy import Policy, facts_asked


class Kind(NamedTuple):
    """A kind of leads that are dealt alike: the place of their rule, and the facts that its action reads."""

    rule: int
    asked: tuple[tuple[str, Value], ...]


class Judge:
    """The rules of a policy, compiled to judge leads chunk by chunk, in any order."""

    def __init__(self, policy: Policy, grader: Grader, rules: IndexedColumns) -> None:
        self._grader = grader
        self._rules = rules
        self.types = facts_needed(policy)
        self._names = [name for name in self.types if name not in COMPUTED]
        self._asked = [facts_asked(rule.action) for rule in policy.rules]
        self._asks = np.array([bool(asked) for asked in self._asked])
        self.standings = grader.standings
        self.kinds: list[Kind] = []
        """The different kinds so far."""
        self._left_by = Numbers()
        """By score class: the number of the mask of the rules that it does not rule out."""
        self._kind_of_rule = KeyTable()
        self._kind_asking: dict[tuple[int, ...], int] = {}

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The facts whose age matters, each with the bounds (µs) of its age classes."""
        yield from self._grader.bounds()
        yield from self._rules.condition_index.bounds()

    def judged(self, view: View) -> tuple[Ints, Ints]:
        """Each lead's places in `kinds` and in `standings` (the score classes).

        Raises ValueError when no rule takes a lead.
        """
        numbers = self._grader.standings_of(view)
        for score_class in self.standings[len(self._left_by) :]:
            self._left_by.append(self._rules.of(score_class.facts()))
        condition_index = self._rules.condition_index
        left = condition_index.left(view) & condition_index.masks.of(self._left_by.of(numbers))
        rules = self._rules.first(left, view, lambda row: self._facts(view, row, int(numbers[row])))
        if NOWHERE in rules:
            raise ValueError("No rule takes this lead: the last rule of a policy must be `otherwise`.")
        return self._kinds_of(rules, view), numbers

    def _kinds_of(self, rules: Ints, view: View) -> Ints:
        kinds, asks = np.empty_like(rules), self._asks[rules]
        plain = rules[~asks]
        kinds[~asks] = self._kind_of_rule.of(plain, lambda row: self._new_kind(int(plain[row]), {}))
        for rule in np.unique(rules[asks]).tolist():
            rows = np.flatnonzero(rules == rule)
            kinds[rows] = self._kinds_asking(rule, rows, view)
        return kinds

    def _kinds_asking(self, rule: int, rows: Ints, view: View) -> Ints:
        """The kinds of the leads in these rows, all taken by this rule, whose action reads facts."""
        asked = self._asked[rule]
        values = zip(*(view.numbers(fact)[rows].tolist() for fact in asked), strict=True)
        return each_once(
            [(rule, *numbers) for numbers in values],
            self._kind_asking,
            lambda place: self._new_kind(rule, view.facts(int(rows[place]), asked)),
        )

    def _facts(self, view: View, row: int, number: int) -> dict[str, Value]:
        return view.facts(row, self._names) | self.standings[number].facts()

    def _new_kind(self, rule: int, facts: Mapping[str, Value]) -> int:
        self.kinds.append(Kind(rule, tuple(sorted(facts.items()))))
        return len(self.kinds) - 1


def judges(*policies: Policy) -> tuple[Judge, ...]:
    """A judge for each policy; common parts of scorings and rules are evaluated once per chunk.

    Every fact must have the same type in all policies.
    """
    types = {fact: found for policy in policies for fact, found in facts_needed(policy).items()}
    names = [fact for fact in types if fact not in COMPUTED]
    graders: list[Grader] = []
    condition_index = ConditionIndex(*([rule.when for rule in policy.rules] for policy in policies))
    found = []
    for policy, rules in zip(policies, condition_index.of_list, strict=True):
        grader = next((one for one in graders if one.grades_as(policy)), None)
        if grader is None:
            scorer = next((one.scorer for one in graders if one.scorer.scoring == policy.scoring), None)
            grader = Grader(scorer or Scorer(policy.scoring, types), policy.segments, names)
            graders.append(grader)
        found.append(Judge(policy, grader, rules))
    return tuple(found)


def columns_for(
    judges: Iterable[Judge], read: CellReader, *, sources: Mapping[str, Sequence[str]]
) -> Columns:
    """The columns that these judges read; `read` reads a cell, and `sources` is that of `Columns`."""
    bounds: dict[str, set[int]] = {}
    types: dict[str, str] = {}
    for judge in judges:
        types |= judge.types
        for fact, some in judge.bounds():
            bounds.setdefault(fact, set()).update(some)
    return Columns(read, bounds=bounds, types=types, sources=sources)
