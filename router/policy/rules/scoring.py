"""Scoring: the points of a lead, its grade and its segment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, TypeAlias

from msgspec import Struct

from router.hubspot.properties import LAST_CONVERSION
from router.policy.leads.lead import Facts, Value
from router.policy.rules.conditions import (
    Answering,
    Between,
    Condition,
    Matcher,
    Within,
    answering,
    lies_between,
    moment_of,
)
from router.policy.rules.decay import left_after_half_lives, left_after_steps


class PointsLine(Struct, frozen=True):
    """One line of a points table; `matcher` None is `other`: any value that no line above took.

    A missing fact is not `other`.
    """

    matcher: Matcher | None
    points: int
    written: str


class PointsTable(Struct, frozen=True):
    """The points for one fact: the first line that fits gives the points."""

    fact: str
    lines: tuple[PointsLine, ...]


class HalfLife(Struct, frozen=True):
    """Points halve every `span` of age, smoothly."""

    span: timedelta


class Steps(Struct, frozen=True):
    """Points lose the fraction `by` (0 to 1) after every full `every` of age, as in HubSpot's scores."""

    every: timedelta
    by: Decimal


class Scorecard(Struct, frozen=True):
    """The points tables of `fit` or `engagement`; the sum is kept between 0 and `maximum`.

    `use` names a property with a number that HubSpot has computed and that replaces the sum; such a card
    has neither tables nor decay.
    """

    maximum: int
    tables: tuple[PointsTable, ...]
    decay: HalfLife | Steps | None = None
    use: str | None = None


class GradeGrid(Struct, frozen=True):
    """Letters by fit, digits by engagement (points); the first range that fits wins. `A`, `1`: grade A1."""

    fit: tuple[tuple[str, Between], ...]
    engagement: tuple[tuple[str, Between], ...]


class Segment(Struct, frozen=True):
    """A named segment of leads; `when` None is `otherwise`. The file lists the warmest segment first."""

    name: str
    when: Condition | None


class Scoring(Struct, frozen=True):
    """All of `scoring.yaml`."""

    fit: Scorecard
    engagement: Scorecard
    grade: GradeGrid


class Earned(Struct, frozen=True):
    """The points of one table: the matching line as written, its points, and those `left` after decay."""

    fact: str
    written: str
    points: int
    left: int


Tally: TypeAlias = Callable[[Facts, datetime], Iterator[tuple[PointsTable, PointsLine, int]]]
"""A compiled scorecard: for each table with a matching line, the table, the line and the points left."""
Total: TypeAlias = Callable[[Facts, datetime], int]
"""A compiled scorecard: (facts, now) → the sum within 0..maximum, exactly that of `points`."""

REMEMBERED: Final = 4096
"""Largest number of values of one fact whose points are cached: texts and numbers are unlimited."""
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""A placeholder for `now` where no line depends on the time."""


def points(card: Scorecard, facts: Facts, *, now: datetime) -> tuple[int, tuple[Earned, ...]]:
    """The sum of the card's tables, kept within 0..maximum, and the points of each table.

    With a decay, a table whose fact is a date or datetime decays with the age of that fact at `now` (aware
    UTC). Any other table decays with the age of `recent_conversion_date` if that fact is known; else it has
    no age and keeps its points. Each table is rounded half up after its decay. A missing fact earns no
    points, unless a line asks for `unknown`.
    """
    lines = tuple(
        Earned(fact=table.fact, written=line.written, points=line.points, left=left)
        for table, line, left in tallying(card)(facts, now)
    )
    return clamped(sum(line.left for line in lines), card), lines


def clamped(total: int, card: Scorecard) -> int:
    """The total within 0..maximum."""
    return 0 if total < 0 else min(total, card.maximum)


def tallying(card: Scorecard) -> Tally:
    """The card, compiled for many leads, with the line of each table."""
    if card.use is not None:
        return _using(card.use)
    tables = tuple((table, _answering_lines(table)) for table in card.tables)
    decay = card.decay

    def tally(facts: Facts, now: datetime) -> Iterator[tuple[PointsTable, PointsLine, int]]:
        for table, lines in tables:
            value = facts.get(table.fact)
            for line, answers in lines:
                if answers(value, now):
                    left = line.points if decay is None else _aged(line.points, value, decay, facts, now)
                    yield table, line, left
                    break

    return tally


def totalling(card: Scorecard) -> Total:
    """The sum of the card, compiled for many leads: most values repeat and are compared with lines once."""
    if card.use is not None:
        tally = _using(card.use)
        return lambda facts, now: clamped(sum([left for _, _, left in tally(facts, now)]), card)
    tables = tuple((table.fact, _Points(table), _points_by_age(table)) for table in card.tables)
    decay = card.decay

    def total(facts: Facts, now: datetime) -> int:
        earned = 0
        for fact, points_of, points_by_age in tables:
            value = facts.get(fact)
            got = points_of[value] if points_by_age is None or value is None else points_by_age(value, now)
            if got:
                earned += got if decay is None else _aged(got, value, decay, facts, now)
        return clamped(earned, card)

    return total


class _Points(dict[Value | None, int]):
    """The points of each value (None: missing) in one table, computed at the first use of the value.

    Moments and durations hardly ever repeat from lead to lead and are not cached.
    """

    __slots__ = ("_lines",)

    def __init__(self, table: PointsTable) -> None:
        super().__init__()
        self._lines = _answering_lines(table)

    def __missing__(self, value: Value | None) -> int:
        found = _first_points(self._lines, value, _NO_TIME)
        if not isinstance(value, date | timedelta):
            if len(self) >= REMEMBERED:
                self.clear()
            self[value] = found
        return found


def _points_by_age(table: PointsTable) -> Callable[[Value, datetime], int] | None:
    """The points of a value at `now`; None where no line depends on the time."""
    if not any(isinstance(line.matcher, Within) for line in table.lines):
        return None
    lines = _answering_lines(table)
    return lambda value, now: _first_points(lines, value, now)


def _answering_lines(table: PointsTable) -> tuple[tuple[PointsLine, Answering], ...]:
    return tuple(
        (line, _any_value if line.matcher is None else answering(line.matcher)) for line in table.lines
    )


def _first_points(lines: tuple[tuple[PointsLine, Answering], ...], value: Value | None, now: datetime) -> int:
    """The points of the first line that fits; 0 if none does."""
    return next((line.points for line, answers in lines if answers(value, now)), 0)


def _using(fact: str) -> Tally:
    """The tally of a HubSpot score instead of tables, rounded half up; no score gives no points."""
    table = PointsTable(fact, ())

    def tally(facts: Facts, _now: datetime) -> Iterator[tuple[PointsTable, PointsLine, int]]:
        score = facts.get(fact)
        if isinstance(score, Decimal):
            whole = int(score.to_integral_value(ROUND_HALF_UP))
            yield table, PointsLine(None, whole, f"{score:f}"), whole

    return tally


def grade_of(grid: GradeGrid, *, fit: int, engagement: int) -> str:
    """The letter for `fit` and the digit for `engagement` (points); each is "" outside all ranges."""
    return _label(grid.fit, Decimal(fit)) + _label(grid.engagement, Decimal(engagement))


def _any_value(value: Value | None, _now: datetime) -> bool:
    return value is not None


def _aged(earned: int, value: Value | None, decay: HalfLife | Steps, facts: Facts, now: datetime) -> int:
    since = moment_of(value) or moment_of(facts.get(LAST_CONVERSION))
    if since is None:
        return earned
    if isinstance(decay, HalfLife):
        return left_after_half_lives(earned, span=decay.span, age=now - since)
    return left_after_steps(earned, every=decay.every, by=decay.by, age=now - since)


def _label(ranges: tuple[tuple[str, Between], ...], number: Decimal) -> str:
    return next((label for label, span in ranges if lies_between(number, span)), "")
