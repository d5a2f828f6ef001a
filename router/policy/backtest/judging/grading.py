"""Grading of many leads: points, grade and segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from router.policy.backtest.judging.columns import View
from router.policy.backtest.judging.condition_index import NOWHERE, ConditionIndex
from router.policy.backtest.judging.numbering import Ints, KeyTable, KnownPairs, Numbers
from router.policy.backtest.judging.points import ManyPoints
from router.policy.leads.lead import Value
from router.policy.rules.conditions import ALWAYS
from router.policy.rules.policy import Policy
from router.policy.rules.scoring import Scoring, Segment, grade_of


class ScoreClass(NamedTuple):
    """A class of leads with the same points, grade and segment."""

    fit: int
    engagement: int
    grade: str
    segment: str

    def facts(self) -> dict[str, Value]:
        """The score class as facts for the rules."""
        facts: dict[str, Value] = {
            "fit": Decimal(self.fit),
            "engagement": Decimal(self.engagement),
            "score": Decimal(self.fit + self.engagement),
        }
        named = {"grade": self.grade, "segment": self.segment}
        return facts | {name: text for name, text in named.items() if text}


class Scorer:
    """A scoring compiled for many leads; judges of policies with equal scorings share one."""

    def __init__(self, scoring: Scoring, types: Mapping[str, str]) -> None:
        self.scoring = scoring
        self._fit = ManyPoints(scoring.fit, types)
        self._engagement = ManyPoints(scoring.engagement, types)
        self._many = scoring.engagement.maximum + 1

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The facts whose age matters, each with the bounds (µs) of its age classes."""
        yield from self._fit.bounds()
        yield from self._engagement.bounds()

    def sums(self, view: View) -> Ints:
        """Each lead's fit and engagement in one number; `points` splits it."""
        return view.once(self, lambda view: self._fit.of(view) * self._many + self._engagement.of(view))

    def points(self, both: int) -> tuple[int, int]:
        """Fit and engagement (points) from the number in `sums`."""
        return divmod(both, self._many)


class Grader:
    """Scoring and segments compiled for many leads; judges of policies with both equal share one."""

    def __init__(self, scorer: Scorer, segments: Sequence[Segment], facts: Sequence[str]) -> None:
        self.scorer = scorer
        self._segments = tuple(segments)
        self._facts = facts
        (self._segment_index,) = ConditionIndex([segment.when or ALWAYS for segment in segments]).of_list
        self._ungraded: list[ScoreClass] = []
        """The different score classes so far, without segment; `_left_by` has the mask of each."""
        self._ungraded_numbers = KeyTable()
        self._left_by = Numbers()
        self.standings: list[ScoreClass] = []
        """The different score classes so far."""
        self._numbers = KnownPairs()

    def grades_as(self, policy: Policy) -> bool:
        """Whether leads get the same score classes under this policy."""
        return self.scorer.scoring == policy.scoring and self._segments == tuple(policy.segments)

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The facts whose age matters, each with the bounds (µs) of its age classes."""
        yield from self.scorer.bounds()
        yield from self._segment_index.condition_index.bounds()

    def standings_of(self, view: View) -> Ints:
        """Each lead's place in `standings`, the list of score classes."""
        return view.once(self, self._graded)

    def _graded(self, view: View) -> Ints:
        sums = self.scorer.sums(view)
        graded = self._ungraded_numbers.of(sums, lambda row: self._grade(int(sums[row])))
        condition_index = self._segment_index.condition_index
        left = condition_index.left(view) & condition_index.masks.of(self._left_by.of(graded))
        places = self._segment_index.first(
            left, view, lambda row: view.facts(row, self._facts) | self._ungraded[graded[row]].facts()
        )
        return self._numbers.of(
            graded, places - NOWHERE, lambda row: self._new(self._ungraded[graded[row]], int(places[row]))
        )

    def _grade(self, both: int) -> int:
        fit, engagement = self.scorer.points(both)
        grade = grade_of(self.scorer.scoring.grade, fit=fit, engagement=engagement)
        score_class = ScoreClass(fit, engagement, grade, "")
        self._ungraded.append(score_class)
        self._left_by.append(self._segment_index.of(score_class.facts()))
        return len(self._ungraded) - 1

    def _new(self, score_class: ScoreClass, place: int) -> int:
        segment = "" if place == NOWHERE else self._segments[place].name
        self.standings.append(score_class._replace(segment=segment))
        return len(self.standings) - 1
