"""Points of many leads on a scorecard.

Each table is tallied by `scoring` itself, once for every different combination of a value and an age
class; within an age class no line changes and no point is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from msgspec.structs import replace

from router.hubspot.properties import LAST_CONVERSION
from router.policy.backtest.judging.columns import EPOCH, MICROSECOND, View
from router.policy.backtest.judging.numbering import ByNumber, Ints, KeyTable
from router.policy.leads.catalog import FactType
from router.policy.leads.lead import Value
from router.policy.rules.conditions import CLOCK_SKEW, Between, OneOf, Within
from router.policy.rules.decay import left_after_half_lives, left_after_steps
from router.policy.rules.scoring import HalfLife, PointsTable, Scorecard, Steps, tallying

LONGEST_AGE: Final = timedelta(days=9999 * 366) // MICROSECOND
"""An age (µs) above the distance of any two moments."""
_ENDLESS: Final = 1 << 40
"""More points than any card's maximum; some thousand times this number still fits into 64 bits."""
_AGES: Final = 1 << 12
"""A number above the number of age classes of any fact."""
MOMENTS: Final = frozenset({FactType.DATE, FactType.DATETIME})


def age_bounds(span: timedelta) -> set[int]:
    """The last ages (µs) of the age classes that `within span` distinguishes."""
    return {span // MICROSECOND, -(CLOCK_SKEW // MICROSECOND) - 1}


class ManyPoints:
    """One scorecard, compiled for many leads; `types` are those of the policy (fact → FactType)."""

    def __init__(self, card: Scorecard, types: Mapping[str, str]) -> None:
        self._card = card
        tables = card.tables if card.use is None else (PointsTable(card.use, ()),)
        self._tables = [_Column(replace(card, tables=(table,)), table, types) for table in tables]

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The facts whose age matters, each with the bounds (µs) of its age classes."""
        for column in self._tables:
            yield from column.bounds()

    def of(self, view: View) -> Ints:
        """The points of each lead."""
        totals = np.zeros(view.leads, np.int64)
        for column in self._tables:
            totals += column.points(view)
        return totals.clip(0, self._card.maximum)


class _Column:
    """One points table, compiled for many leads."""

    def __init__(self, card: Scorecard, table: PointsTable, types: Mapping[str, str]) -> None:
        self._fact = table.fact
        self._lines = table.lines
        self._decay = card.decay
        self._tally = tallying(card)
        self._tally_unaged = tallying(replace(card, decay=None))
        self._is_moment = types.get(table.fact) in MOMENTS
        self._by_day = any(isinstance(line.matcher, Between | OneOf) for line in table.lines)
        self._counts_unknown = card.decay is not None and self._line_for(None) > 0
        """Whether a missing moment matches a line (`unknown`); its points age with the last conversion."""
        self._points = ByNumber(self._points_for)
        self._line = ByNumber(self._line_for)
        self._left = KeyTable()

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        if self._is_moment:
            spans = [line.matcher.span for line in self._lines if isinstance(line.matcher, Within)]
            yield self._fact, {bound for span in spans for bound in age_bounds(span)} | self._losses()
        if self._decay is not None:
            yield LAST_CONVERSION, self._losses()

    def points(self, view: View) -> Ints:
        """The points of each lead from this table."""
        if self._is_moment:
            return self._left.of(self._moments(view), lambda row: self._left_at(view, row))
        if self._decay is None:
            return view.by_value(self._fact, self._points)
        keys = view.ages(LAST_CONVERSION) * (len(self._lines) + 1) + view.by_value(self._fact, self._line)
        return self._left.of(keys, lambda row: self._left_at(view, row))

    def _moments(self, view: View) -> Ints:
        own = keys = view.ages(self._fact)
        if self._by_day:
            # Lines for certain days depend on the moment itself, not only on its age.
            keys = view.numbers(self._fact) * _AGES + own
        if self._counts_unknown:
            return np.where(own == 0, view.ages(LAST_CONVERSION), keys + _AGES)
        return keys

    def _points_for(self, value: Value | None) -> int:
        return _bounded(sum(left for _, _, left in self._tally(self._facts(value), EPOCH)))

    def _line_for(self, value: Value | None) -> int:
        """The place of the matching line, from 1; 0 for none."""
        found = next(self._tally_unaged(self._facts(value), EPOCH), None)
        if found is None:
            return 0
        return next(place for place, line in enumerate(self._lines, 1) if line is found[1])

    def _left_at(self, view: View, row: int) -> int:
        facts = view.facts(row, (self._fact, LAST_CONVERSION))
        return _bounded(sum(left for _, _, left in self._tally(facts, view.now(row))))

    def _facts(self, value: Value | None) -> dict[str, Value]:
        return {} if value is None else {self._fact: value}

    def _losses(self) -> set[int]:
        if self._decay is None:
            return set()
        return {age for line in self._lines for age in _losses(line.points, self._decay)}


def _bounded(points: int) -> int:
    return min(max(points, -_ENDLESS), _ENDLESS)


@lru_cache(maxsize=1024)
def _losses(points: int, decay: HalfLife | Steps) -> tuple[int, ...]:
    """The last ages (µs) before each loss of a point, found by bisection: age only removes points."""

    def left(age_us: int) -> int:
        age = timedelta(microseconds=age_us)
        if isinstance(decay, HalfLife):
            return left_after_half_lives(points, span=decay.span, age=age)
        return left_after_steps(points, every=decay.every, by=decay.by, age=age)

    found: list[int] = []
    spans = [(0, left(0), LONGEST_AGE, left(LONGEST_AGE))]
    while spans:
        young, left_young, old, left_old = spans.pop()
        if left_young == left_old:
            continue
        if old - young == 1:
            found.append(young)
            continue
        middle = (young + old) // 2
        left_middle = left(middle)
        spans += [(young, left_young, middle, left_middle), (middle, left_middle, old, left_old)]
    return tuple(sorted(found))
