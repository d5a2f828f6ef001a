"""How many points do many leads earn on a scorecard?

Each table is tallied by `scoring` itself, once for every different case: a value, and a class of age
in which no line changes and no point is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache, partial, reduce
from operator import add
from typing import Final

from router.policy.backtest.columns import EPOCH, MICROSECOND, Cell, View, each_once
from router.policy.catalog import FactType
from router.policy.conditions import CLOCK_SKEW, Between, OneOf, Within
from router.policy.decay import left_after_half_lives, left_after_steps
from router.policy.lead import Value
from router.policy.scoring import LAST_CONVERSION, HalfLife, PointsTable, Scorecard, Steps, clamped, tallying

LONGEST_AGE: Final = timedelta(days=9999 * 366) // MICROSECOND
"""Older than any two moments can be apart."""
MOMENTS: Final = frozenset({FactType.DATE, FactType.DATETIME})


def age_bounds(span: timedelta) -> set[int]:
    """The last ages (µs) of the classes that `within span` tells apart."""
    return {span // MICROSECOND, -(CLOCK_SKEW // MICROSECOND) - 1}


class ManyPoints:
    """One scorecard, made ready for many leads; `types` are the policy's (fact → FactType)."""

    def __init__(self, card: Scorecard, types: Mapping[str, str]) -> None:
        self._card = card
        tables = card.tables if card.use is None else (PointsTable(card.use, ()),)
        self._tables = [_Column(replace(card, tables=(table,)), table, types) for table in tables]

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The moments whose age matters, each with the bounds of its classes."""
        for column in self._tables:
            yield from column.bounds()

    def of(self, view: View) -> list[int]:
        """The points of each lead."""
        if not self._tables:
            return [clamped(0, self._card)] * view.leads
        totals = list(reduce(partial(map, add), [column.points(view) for column in self._tables]))
        low, high = clamped(-(10**9), self._card), clamped(10**9, self._card)
        if low <= min(totals, default=low) and max(totals, default=low) <= high:
            return totals
        return [low if total < low else high if total > high else total for total in totals]


class _Column:
    """One table: what it gives to each lead."""

    def __init__(self, card: Scorecard, table: PointsTable, types: Mapping[str, str]) -> None:
        self._fact = table.fact
        self._lines = table.lines
        self._decay = card.decay
        self._tally = tallying(card)
        self._tally_unaged = tallying(replace(card, decay=None))
        self._is_moment = types.get(table.fact) in MOMENTS
        self._by_day = any(isinstance(line.matcher, Between | OneOf) for line in table.lines)
        self._counts_unknown = card.decay is not None and self._line_for(None) > 0
        """Whether a missing moment has a line, for `unknown`, which ages with the last conversion."""
        self._points: list[int] = []
        self._line: list[int] = []
        self._left: dict[Cell, int] = {}

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        if self._is_moment:
            spans = [line.matcher.span for line in self._lines if isinstance(line.matcher, Within)]
            yield self._fact, {bound for span in spans for bound in age_bounds(span)} | self._losses()
        if self._decay is not None:
            yield LAST_CONVERSION, self._losses()

    def points(self, view: View) -> Iterable[int]:
        if self._is_moment:
            return each_once(self._moments(view), self._left, lambda row: self._left_at(view, row))
        if self._decay is None:
            return view.by_value(self._fact, self._points, self._points_for)
        lines, many = view.by_value(self._fact, self._line, self._line_for), len(self._lines) + 1
        keys = [age * many + line for age, line in zip(view.ages(LAST_CONVERSION), lines, strict=True)]
        return each_once(keys, self._left, lambda row: self._left_at(view, row))

    def _moments(self, view: View) -> Sequence[Cell]:
        own = view.ages(self._fact)
        # Lines for certain days look at the moment itself, whatever its age.
        keys: Sequence[Cell] = list(zip(own, view.numbers(self._fact), strict=True)) if self._by_day else own
        if self._counts_unknown and 0 in own:
            since = view.ages(LAST_CONVERSION)
            keys = [
                key if age else (key, since[row])
                for row, (key, age) in enumerate(zip(keys, own, strict=True))
            ]
        return keys

    def _points_for(self, value: Value | None) -> int:
        return sum(left for _, _, left in self._tally(self._facts(value), EPOCH))

    def _line_for(self, value: Value | None) -> int:
        """The place of the line that fits, from 1; 0 for none."""
        found = next(self._tally_unaged(self._facts(value), EPOCH), None)
        if found is None:
            return 0
        return next(place for place, line in enumerate(self._lines, 1) if line is found[1])

    def _left_at(self, view: View, row: int) -> int:
        facts = view.facts(row, (self._fact, LAST_CONVERSION))
        return sum(left for _, _, left in self._tally(facts, view.now(row)))

    def _facts(self, value: Value | None) -> dict[str, Value]:
        return {} if value is None else {self._fact: value}

    def _losses(self) -> set[int]:
        if self._decay is None:
            return set()
        return {age for line in self._lines for age in _losses(line.points, self._decay)}


@lru_cache(maxsize=1024)
def _losses(points: int, decay: HalfLife | Steps) -> tuple[int, ...]:
    """The last ages (µs) before each loss of a point, found by halving: points are only ever lost."""

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
