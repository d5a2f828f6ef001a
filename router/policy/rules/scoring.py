"""How many points a lead earns, and the grade and segment that follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

from router.hubspot.properties import LAST_CONVERSION
from router.policy.leads.lead import Facts, Value
from router.policy.rules.conditions import (
    Between,
    Condition,
    Matcher,
    answering,
    asking,
    lies_between,
    moment_of,
)
from router.policy.rules.decay import left_after_half_lives, left_after_steps


@dataclass(frozen=True, slots=True)
class PointsLine:
    """`matcher` None is `other`: any value that no line above took (a missing fact is not `other`)."""

    matcher: Matcher | None
    points: int
    written: str


@dataclass(frozen=True, slots=True)
class PointsTable:
    """One fact, one table; the first line that fits gives the points."""

    fact: str
    lines: tuple[PointsLine, ...]


@dataclass(frozen=True, slots=True)
class HalfLife:
    """Points halve every `span` of age, smoothly."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class Steps:
    """Points lose the share `by` (0..1) at once after every full `every` of age, as HubSpot's scores do."""

    every: timedelta
    by: Decimal


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The points of `fit` or `engagement`; the sum is kept between 0 and `maximum`.

    `use` names a number that HubSpot has computed already and that stands for the sum; such a card has
    neither tables nor decay.
    """

    maximum: int
    tables: tuple[PointsTable, ...]
    decay: HalfLife | Steps | None = None
    use: str | None = None


@dataclass(frozen=True, slots=True)
class GradeGrid:
    """Letters by fit and digits by engagement; the first range that fits wins. `A` with `1` is grade A1."""

    fit: tuple[tuple[str, Between], ...]
    engagement: tuple[tuple[str, Between], ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A named kind of lead, warmest first in the file; `when` None is `otherwise`."""

    name: str
    when: Condition | None


@dataclass(frozen=True, slots=True)
class Scoring:
    """All of `scoring.yaml`."""

    fit: Scorecard
    engagement: Scorecard
    grade: GradeGrid


@dataclass(frozen=True, slots=True)
class Earned:
    """What one table gave: the line that fitted as written, its points, and what age has left of them."""

    fact: str
    written: str
    points: int
    left: int


Tally: TypeAlias = Callable[[Facts, datetime], Iterator[tuple[PointsTable, PointsLine, int]]]
"""A scorecard made ready: the table, its line that fits, and the points left, for each table with one."""


def points(card: Scorecard, facts: Facts, *, now: datetime) -> tuple[int, tuple[Earned, ...]]:
    """The sum of the card's tables, kept within 0..maximum, and what each table gave.

    With a decay, a table whose fact is a date or datetime decays with the age of that fact. Any other
    table decays with the age of `recent_conversion_date` if that fact is known; else it has no age and
    keeps its points. Each table is rounded half up after its decay. A fact that is missing earns
    nothing, unless a line asks for `unknown`.
    """
    lines = tuple(
        Earned(fact=table.fact, written=line.written, points=line.points, left=left)
        for table, line, left in tallying(card)(facts, now)
    )
    return clamped(sum(line.left for line in lines), card), lines


def clamped(total: int, card: Scorecard) -> int:
    """The total within 0..maximum."""
    return min(max(total, 0), card.maximum)


def tallying(card: Scorecard) -> Tally:
    """The card made ready for many leads."""
    if card.use is not None:
        return _using(card.use)
    tables = tuple(
        (
            table,
            tuple(
                (line, _any_value if line.matcher is None else answering(line.matcher))
                for line in table.lines
            ),
        )
        for table in card.tables
    )
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


def _using(fact: str) -> Tally:
    """A portal's score instead of tables, rounded half up; a lead without one has no points."""
    table = PointsTable(fact, ())

    def tally(facts: Facts, _now: datetime) -> Iterator[tuple[PointsTable, PointsLine, int]]:
        score = facts.get(fact)
        if isinstance(score, Decimal):
            whole = int(score.to_integral_value(ROUND_HALF_UP))
            yield table, PointsLine(None, whole, f"{score:f}"), whole

    return tally


def grade_of(grid: GradeGrid, *, fit: int, engagement: int) -> str:
    """The letter of the first range that `fit` lies in and the digit for `engagement`; "" where none does."""
    return _label(grid.fit, Decimal(fit)) + _label(grid.engagement, Decimal(engagement))


def segment_of(segments: tuple[Segment, ...], facts: Facts, *, now: datetime) -> str:
    """The first segment whose condition holds, `otherwise` included; "" if there is none."""
    for segment in segments:
        if segment.when is None or asking(segment.when)(facts, now):
            return segment.name
    return ""


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
