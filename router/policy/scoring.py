"""How many points a lead earns, and the grade and segment that follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from router.policy.conditions import Between, Condition, Matcher


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
    """The points of `fit` or `engagement`; the sum is kept between 0 and `maximum`."""

    maximum: int
    tables: tuple[PointsTable, ...]
    decay: HalfLife | Steps | None = None


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
