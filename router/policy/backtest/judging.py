"""What do the rules say of many leads: points, grade, segment, and the rule that takes each?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import and_
from typing import NamedTuple

from router.policy.backtest.columns import Cell, CellReader, Columns, View, each_once
from router.policy.backtest.grading import Grader, Scorer
from router.policy.backtest.sieve import COMPUTED, Sieve, Sifted
from router.policy.facts import facts_needed
from router.policy.lead import Value
from router.policy.rules import Action, Assign, Policy, Rule, owner_fact


class Kind(NamedTuple):
    """Leads that are dealt out alike: taken by one rule (by place), with the facts its action asks for."""

    rule: int
    asked: tuple[tuple[str, Value], ...]


class Judge:
    """A policy's rules, made ready to judge leads chunk by chunk, in any order."""

    def __init__(self, policy: Policy, grader: Grader, rules: Sifted) -> None:
        self._grader = grader
        self._rules = rules
        self.types = facts_needed(policy)
        self._names = [name for name in self.types if name not in COMPUTED]
        self._asked = [tuple(_facts_asked(rule)) for rule in policy.rules]
        self._asking = frozenset(place for place, asked in enumerate(self._asked) if asked)
        self.standings = grader.standings
        self.kinds: list[Kind] = []
        """Every different kind so far."""
        self._left_by: list[int] = []
        self._kind_numbers: dict[Cell, int] = {}

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The moments whose age matters, each with the bounds of its classes."""
        yield from self._grader.bounds()
        yield from self._rules.sieve.bounds()

    def judged(self, view: View) -> tuple[list[int], list[int]]:
        """Each lead's places in `kinds` and in `standings`. Raises ValueError when no rule takes a lead."""
        numbers = self._grader.standings_of(view)
        for standing in self.standings[len(self._left_by) :]:
            self._left_by.append(self._rules.of(standing.facts()))
        lefts = map(and_, self._rules.sieve.left(view), map(self._left_by.__getitem__, numbers))
        places = self._rules.first(lefts, view, lambda row: self._facts(view, row, numbers[row]))
        keys: Sequence[Cell] = places
        asking = {
            place: [view.numbers(fact) for fact in self._asked[place]]
            for place in self._asking.intersection(places)
        }
        if asking:
            keys = [
                (place, *[column[row] for column in asking[place]]) if place in asking else place
                for row, place in enumerate(places)
            ]
        kinds = each_once(keys, self._kind_numbers, lambda row: self._new_kind(view, row, places[row]))
        return kinds, numbers

    def _facts(self, view: View, row: int, number: int) -> dict[str, Value]:
        return view.facts(row, self._names) | self.standings[number].facts()

    def _new_kind(self, view: View, row: int, place: int | None) -> int:
        if place is None:
            raise ValueError("No rule takes this lead: the last rule of a policy must be `otherwise`.")
        self.kinds.append(Kind(place, tuple(sorted(view.facts(row, self._asked[place]).items()))))
        return len(self.kinds) - 1


def _facts_asked(rule: Rule) -> Iterator[str]:
    """The facts that the rule's action asks of a lead, besides who is next."""
    action: Action | None = rule.action
    while isinstance(action, Assign):
        if (fact := owner_fact(action.to)) is not None:
            yield fact
        yield from (need.from_fact for need in (*action.needs, *action.prefer) if need.from_fact is not None)
        action = action.if_unavailable


def judges(*policies: Policy) -> tuple[Judge, ...]:
    """A judge for each policy; what their scorings and rules have in common is worked out once per chunk.

    All facts are of the same type in all policies.
    """
    types = {fact: found for policy in policies for fact, found in facts_needed(policy).items()}
    graders: list[Grader] = []
    sieve = Sieve(*([rule.when for rule in policy.rules] for policy in policies))
    found = []
    for policy, rules in zip(policies, sieve.of_list, strict=True):
        grader = next((one for one in graders if one.grades_as(policy)), None)
        if grader is None:
            scorer = next((one.scorer for one in graders if one.scorer.scoring == policy.scoring), None)
            grader = Grader(scorer or Scorer(policy.scoring, types), policy.segments)
            graders.append(grader)
        found.append(Judge(policy, grader, rules))
    return tuple(found)


def columns_for(
    judges: Iterable[Judge], read: CellReader, *, sources: Mapping[str, Sequence[str]]
) -> Columns:
    """The columns that these judges look at; `read` reads their cells, see Columns for `sources`."""
    bounds: dict[str, set[int]] = {}
    types: dict[str, str] = {}
    for judge in judges:
        types |= judge.types
        for fact, some in judge.bounds():
            bounds.setdefault(fact, set()).update(some)
    return Columns(read, bounds=bounds, types=types, sources=sources)
