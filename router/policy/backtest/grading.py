"""What are many leads worth: points, grade and segment?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from router.policy.backtest.columns import Cell, View, each_once
from router.policy.backtest.points import ManyPoints
from router.policy.backtest.sieve import Sieve
from router.policy.conditions import ALWAYS
from router.policy.lead import Value
from router.policy.rules import Policy
from router.policy.scoring import Scoring, Segment, grade_of


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


class Grader:
    """Scoring and segments made ready for many leads; judges of policies that have both alike share one."""

    def __init__(self, scorer: Scorer, segments: Sequence[Segment]) -> None:
        self.scorer = scorer
        self._segments = tuple(segments)
        (self._sifted,) = Sieve([segment.when or ALWAYS for segment in segments]).of_list
        self.standings: list[Standing] = []
        """Every different standing so far."""
        self._numbers: dict[Cell, int] = {}

    def grades_as(self, policy: Policy) -> bool:
        """Whether this policy's leads have the same standings."""
        return self.scorer.scoring == policy.scoring and self._segments == tuple(policy.segments)

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The moments whose age matters, each with the bounds of its classes."""
        yield from self.scorer.bounds()
        yield from self._sifted.sieve.bounds()

    def standings_of(self, view: View) -> list[int]:
        """Each lead's place in `standings`."""
        found = view.shared.get(id(self))
        if found is None:
            found = view.shared[id(self)] = self._graded(view)
        return found

    def _graded(self, view: View) -> list[int]:
        sums = self.scorer.sums(view)
        if not self._sifted.sieve.looks_at_leads:
            everything = self._sifted.everything
            return each_once(sums, self._numbers, lambda row: self._new(sums[row], everything))
        lefts = self._sifted.sieve.left(view)
        keys = list(zip(sums, lefts, strict=True))
        return each_once(keys, self._numbers, lambda row: self._new(sums[row], lefts[row]))

    def _new(self, both: int, left: int) -> int:
        fit, engagement = self.scorer.points(both)
        grade = grade_of(self.scorer.scoring.grade, fit=fit, engagement=engagement)
        facts = Standing(fit, engagement, grade, "").facts()
        place = self._sifted.first_left(left & self._sifted.of(facts))
        segment = "" if place is None else self._segments[place].name
        self.standings.append(Standing(fit, engagement, grade, segment))
        return len(self.standings) - 1
