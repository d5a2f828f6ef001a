"""What do the rules say of many leads: points, grade, segment, and the rule that takes each?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import and_
from typing import Final

from router.policy.conditions import ALWAYS
from router.policy.fact_masks import Ages, Masks
from router.policy.facts import facts_needed
from router.policy.lead import Value
from router.policy.replay_columns import AgeClasses, Cell, Chunk, each_once
from router.policy.replay_points import ManyPoints, age_bounds
from router.policy.rule_index import Index
from router.policy.rules import Action, Assign, Policy, Rule, ToAccountOwner
from router.policy.scoring import grade_of

COMPUTED: Final = ("fit", "engagement", "score", "grade", "segment")
"""Facts that follow from the score."""


@dataclass(frozen=True, slots=True)
class Standing:
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a lead: its rule (by place), its standing, and the facts its action asks for."""

    rule: int
    standing: Standing
    asked: tuple[tuple[str, Value], ...]


class Judge:
    """A policy's scoring and rules, made ready to judge leads chunk by chunk, in any order."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        types = facts_needed(policy)
        self._names = [name for name in types if name not in COMPUTED]
        self._fit = ManyPoints(policy.scoring.fit, types)
        self._engagement = ManyPoints(policy.scoring.engagement, types)
        self._segments = _Sieve(Index([segment.when or ALWAYS for segment in policy.segments]))
        self._rules = _Sieve(Index([rule.when for rule in policy.rules]))
        self._asked = [tuple(_facts_asked(rule)) for rule in policy.rules]
        self._asking = frozenset(place for place, asked in enumerate(self._asked) if asked)
        bounds: dict[str, set[int]] = {}
        for source in (self._fit, self._engagement, self._segments, self._rules):
            for fact, some in source.bounds():
                bounds.setdefault(fact, set()).update(some)
        self._ages = {fact: AgeClasses(fact, some) for fact, some in bounds.items()}
        self._standings: list[Standing] = []
        self._left_by: list[int] = []
        self._standing_numbers: dict[Cell, int] = {}
        self._verdict_numbers: dict[Cell, int] = {}
        self.verdicts: list[Verdict] = []
        """Every different verdict so far; `judged` gives places in this list."""

    def judged(self, chunk: Chunk) -> list[int]:
        """The number of each lead's verdict. Raises ValueError when no rule takes a lead."""
        ages = {fact: classes.of(chunk) for fact, classes in self._ages.items()}
        numbers = self._standings_of(chunk, ages)
        lefts = self._rules.left(list(map(self._left_by.__getitem__, numbers)), chunk, ages)
        places = self._rules.first(lefts, chunk, lambda row: self._facts(chunk, row, numbers[row]))
        if None in places:
            raise ValueError("No rule takes this lead: the last rule of a policy must be `otherwise`.")
        keys: list[Cell] = list(zip(places, numbers, strict=True))
        for row in [row for row, place in enumerate(places) if place in self._asking]:
            cells = (chunk.cells.get(fact) for fact in self._asked[places[row] or 0])
            keys[row] = (*keys[row], *(None if column is None else column[row] for column in cells))  # type: ignore[misc]
        return each_once(
            keys,
            self._verdict_numbers,
            lambda row: self._new_verdict(chunk, row, place=places[row] or 0, number=numbers[row]),
        )

    def _standings_of(self, chunk: Chunk, ages: dict[str, list[int]]) -> list[int]:
        """The number of each lead's standing."""
        fits, engagements = self._fit.of(chunk, ages), self._engagement.of(chunk, ages)
        keys: list[Cell] = list(zip(fits, engagements, strict=True))
        if not self._segments.looks_at_leads:
            return each_once(
                keys,
                self._standing_numbers,
                lambda row: self._new_standing(fits[row], engagements[row], self._segments.everything),
            )
        lefts = self._segments.left([self._segments.everything] * len(keys), chunk, ages)
        keys = list(zip(fits, engagements, lefts, strict=True))
        return each_once(
            keys,
            self._standing_numbers,
            lambda row: self._new_standing(fits[row], engagements[row], lefts[row]),
        )

    def _new_standing(self, fit: int, engagement: int, left: int) -> int:
        grade = grade_of(self._policy.scoring.grade, fit=fit, engagement=engagement)
        facts = Standing(fit, engagement, grade, "").facts()
        place = self._segments.first_left(left & self._segments.of(facts))
        segment = "" if place is None else self._policy.segments[place].name
        standing = Standing(fit, engagement, grade, segment)
        self._standings.append(standing)
        self._left_by.append(self._rules.of(standing.facts()))
        return len(self._standings) - 1

    def _facts(self, chunk: Chunk, row: int, number: int) -> dict[str, Value]:
        return chunk.facts(row, self._names) | self._standings[number].facts()

    def _new_verdict(self, chunk: Chunk, row: int, *, place: int, number: int) -> int:
        asked = tuple(sorted(chunk.facts(row, self._asked[place]).items()))
        self.verdicts.append(Verdict(place, self._standings[number], asked))
        return len(self.verdicts) - 1


class _Sieve:
    """An index of conditions, put to many leads at once."""

    def __init__(self, index: Index) -> None:
        self.everything = index.everything
        self._index = index
        self._of_score = [(fact, masks) for fact, masks in index.columns if fact in COMPUTED]
        self._of_lead = [(fact, masks) for fact, masks in index.columns if fact not in COMPUTED]
        self._known: list[dict[Cell, int]] = [{} for _ in self._of_lead]
        self._aged: list[dict[Cell, int]] = [{} for _ in index.ages]
        self._all_at_once = not any(index.in_full)
        self.looks_at_leads = bool(self._of_lead or index.ages)

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The moments whose age matters, each with the bounds of its classes."""
        for fact, ages in self._index.ages:
            yield fact, {bound for span in ages.spans for bound in age_bounds(span)}

    def of(self, facts: dict[str, Value]) -> int:
        """What these facts of the score leave."""
        left = self.everything
        for fact, masks in self._of_score:
            left &= masks[facts.get(fact)]
        return left

    def left(self, lefts: Iterable[int], chunk: Chunk, ages: dict[str, list[int]]) -> list[int]:
        """What each lead's own facts leave of `lefts`."""
        for (fact, masks), known in zip(self._of_lead, self._known, strict=True):
            cells = chunk.cells.get(fact)
            if cells is None:
                missing = masks[None]
                lefts = [left & missing for left in lefts]
                continue

            def mask_at(row: int, fact: str = fact, masks: Masks = masks) -> int:
                return masks[chunk.value(fact, row)]

            lefts = map(and_, lefts, each_once(cells, known, mask_at))
        for (fact, by_age), aged in zip(self._index.ages, self._aged, strict=True):

            def aged_at(row: int, fact: str = fact, by_age: Ages = by_age) -> int:
                return by_age.mask(chunk.value(fact, row), chunk.now(row))

            lefts = map(and_, lefts, each_once(ages[fact], aged, aged_at))
        return list(lefts)

    def first_left(self, left: int) -> int | None:
        """The place of the first condition among the bits left."""
        return self._index.places[(left & -left).bit_length() - 1] if left else None

    def first(
        self, lefts: Sequence[int], chunk: Chunk, facts_at: Callable[[int], dict[str, Value]]
    ) -> list[int | None]:
        """The place of each lead's first condition."""
        if self._all_at_once:
            # An empty mask has no lowest bit: its place is the last of the list.
            places = [*self._index.places, None]
            return [places[(left & -left).bit_length() - 1] for left in lefts]
        first_of = self._index.first_of
        return [first_of(left, facts_at(row), chunk.now(row)) for row, left in enumerate(lefts)]


def _facts_asked(rule: Rule) -> Iterator[str]:
    """The facts that the rule's action asks of a lead, besides who is next."""
    action: Action | None = rule.action
    while isinstance(action, Assign):
        if isinstance(action.to, ToAccountOwner):
            yield "account_owner"
        yield from (need.from_fact for need in (*action.needs, *action.prefer) if need.from_fact is not None)
        action = action.if_unavailable
