"""What do the rules say of many leads: points, grade, segment, and the rule that takes each?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import and_
from typing import NamedTuple

from router.policy.backtest.columns import Cell, CellReader, Columns, View, each_once
from router.policy.backtest.points import ManyPoints
from router.policy.backtest.sieve import COMPUTED, Sieve, Sifted
from router.policy.conditions import ALWAYS
from router.policy.facts import facts_needed
from router.policy.lead import Value
from router.policy.rules import Action, Assign, Policy, Rule, owner_fact
from router.policy.scoring import Scoring, grade_of


class Standing(NamedTuple):
    """Points, grade and segment of a lead."""

    fit: int
    engagement: int
    grade: str
    segment: str

    def facts(self) -> dict[str, Value]:
        """The standing as rules see it."""
        facts: dict[str, Value] = {
            "fit": Decimal(self.fit),
            "engagement": Decimal(self.engagement),
            "score": Decimal(self.fit + self.engagement),
        }
        named = {"grade": self.grade, "segment": self.segment}
        return facts | {name: text for name, text in named.items() if text}


class Kind(NamedTuple):
    """Leads that are dealt out alike: taken by one rule (by place), with the facts its action asks for."""

    rule: int
    asked: tuple[tuple[str, Value], ...]


class Scorer:
    """A scoring made ready for many leads; judges of policies with equal scorings share one."""

    def __init__(self, scoring: Scoring, types: Mapping[str, str]) -> None:
        self.scoring = scoring
        self._fit = ManyPoints(scoring.fit, types)
        self._engagement = ManyPoints(scoring.engagement, types)
        self._many = scoring.engagement.maximum + 1

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The moments whose age matters, each with the bounds of its classes."""
        yield from self._fit.bounds()
        yield from self._engagement.bounds()

    def sums(self, view: View) -> list[int]:
        """Each lead's fit and engagement in one number, see `points`."""
        found = view.shared.get(id(self))
        if found is None:
            fits, engagements = self._fit.of(view), self._engagement.of(view)
            many = self._many
            found = [fit * many + engagement for fit, engagement in zip(fits, engagements, strict=True)]
            view.shared[id(self)] = found
        return found

    def points(self, both: int) -> tuple[int, int]:
        """Fit and engagement."""
        return divmod(both, self._many)


class Judge:
    """A policy's scoring and rules, made ready to judge leads chunk by chunk, in any order."""

    def __init__(self, policy: Policy, scorer: Scorer, rules: Sifted) -> None:
        self._policy = policy
        self._scorer = scorer
        self._rules = rules
        self.types = facts_needed(policy)
        self._names = [name for name in self.types if name not in COMPUTED]
        (self._segments,) = Sieve([segment.when or ALWAYS for segment in policy.segments]).of_list
        self._asked = [tuple(_facts_asked(rule)) for rule in policy.rules]
        self._asking = frozenset(place for place, asked in enumerate(self._asked) if asked)
        self.standings: list[Standing] = []
        """Every different standing so far."""
        self.kinds: list[Kind] = []
        """Every different kind so far."""
        self._left_by: list[int] = []
        self._standing_numbers: dict[Cell, int] = {}
        self._kind_numbers: dict[Cell, int] = {}

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The moments whose age matters, each with the bounds of its classes."""
        for source in (self._scorer, self._segments.sieve, self._rules.sieve):
            yield from source.bounds()

    def judged(self, view: View) -> tuple[list[int], list[int]]:
        """Each lead's places in `kinds` and in `standings`. Raises ValueError when no rule takes a lead."""
        numbers = self._standings_of(view)
        lefts = map(and_, self._rules.sieve.left(view), map(self._left_by.__getitem__, numbers))
        places = self._rules.first(lefts, view, lambda row: self._facts(view, row, numbers[row]))
        if None in places:
            raise ValueError("No rule takes this lead: the last rule of a policy must be `otherwise`.")
        keys: Sequence[Cell] = places
        asking = {
            place: [view.numbers(fact) for fact in self._asked[place]]
            for place in self._asking.intersection(places)
        }
        if asking:
            keys = [
                (place, *[numbers[row] for numbers in asking[place]]) if place in asking else place
                for row, place in enumerate(places)
            ]
        kinds = each_once(keys, self._kind_numbers, lambda row: self._new_kind(view, row, places[row] or 0))
        return kinds, numbers

    def _standings_of(self, view: View) -> list[int]:
        """The number of each lead's standing."""
        sums = self._scorer.sums(view)
        if not self._segments.sieve.looks_at_leads:
            everything = self._segments.everything
            return each_once(
                sums, self._standing_numbers, lambda row: self._new_standing(sums[row], everything)
            )
        lefts = self._segments.sieve.left(view)
        keys = list(zip(sums, lefts, strict=True))
        return each_once(keys, self._standing_numbers, lambda row: self._new_standing(sums[row], lefts[row]))

    def _new_standing(self, both: int, left: int) -> int:
        fit, engagement = self._scorer.points(both)
        grade = grade_of(self._policy.scoring.grade, fit=fit, engagement=engagement)
        facts = Standing(fit, engagement, grade, "").facts()
        place = self._segments.first_left(left & self._segments.of(facts))
        segment = "" if place is None else self._policy.segments[place].name
        standing = Standing(fit, engagement, grade, segment)
        self.standings.append(standing)
        self._left_by.append(self._rules.of(standing.facts()))
        return len(self.standings) - 1

    def _facts(self, view: View, row: int, number: int) -> dict[str, Value]:
        return view.facts(row, self._names) | self.standings[number].facts()

    def _new_kind(self, view: View, row: int, place: int) -> int:
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
    scorers: list[Scorer] = []
    sieve = Sieve(*([rule.when for rule in policy.rules] for policy in policies))
    found = []
    for policy, rules in zip(policies, sieve.of_list, strict=True):
        scorer = next((one for one in scorers if one.scoring == policy.scoring), None)
        if scorer is None:
            scorer = Scorer(policy.scoring, types)
            scorers.append(scorer)
        found.append(Judge(policy, scorer, rules))
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
