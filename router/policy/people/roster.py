"""Who sells: reps, teams, working hours and time off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

Unit: TypeAlias = Literal["leads", "points"]
"""The unit of a team's credits: leads, or points of score (`fair_by: value`)."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A named working week: for each weekday (0 = Monday) the spans worked, in order, not overlapping."""

    name: str
    week: tuple[tuple[tuple[time, time], ...], ...]


@dataclass(frozen=True, slots=True)
class Rep:
    """A sales rep. `owner` is the e-mail of their HubSpot owner; `weight` is in thousandths (1.0 is 1000)."""

    name: str
    owner: str
    level: str | None = None
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    hours: Hours | None = None
    weight: int = 1000
    max_open_leads: int | None = None
    max_per_day: int | None = None
    public_holidays: str | None = None
    """Whose public holidays they have off, such as FR or FR-57."""
    max_claims_per_hour: int | None = None


@dataclass(frozen=True, slots=True)
class TimeOff:
    """A rep is away from `start` to `end`, both days included; `backup` stands in where the rep is named."""

    rep: str
    start: date
    end: date
    backup: str | None = None


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Reps who are away keep earning their part, and get it once they are back.

    They earn until the team owes them `at_most` so much in its unit; None: without end.
    """

    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """Reps who share leads, in the order of the file (the last tie-break)."""

    name: str
    reps: tuple[str, ...]
    performance: timedelta | None = None
    """How far back results count, by whose factors the reps' weights are multiplied; None: by nothing."""
    fair_by: Literal["count", "value"] = "count"
    """Whether everybody's part is of the leads, or of their points."""

    catch_up: CatchUp | None = None
    """What reps earn while they are away; None: nothing, and they owe nothing either."""

    @property
    def unit(self) -> Unit:
        """What the team's credits are counted in."""
        return "points" if self.fair_by == "value" else "leads"


@dataclass(frozen=True, slots=True)
class Manager:
    """Who is told of overdue leads. `owner` is the e-mail of their HubSpot owner; no `teams` means all."""

    name: str
    owner: str
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """All of `team.yaml`: days and hours are read in `timezone`."""

    timezone: ZoneInfo
    reps: Mapping[str, Rep]
    teams: Mapping[str, Team]
    time_off: tuple[TimeOff, ...] = ()
    hours: Mapping[str, Hours] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where in `team.yaml` each rep stands."""
    managers: tuple[Manager, ...] = ()
