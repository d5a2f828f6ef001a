"""The roster of `team.yaml`: reps, teams, managers, working hours and time off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct, field

Unit: TypeAlias = Literal["leads", "points"]
"""The unit of a team's credits: leads, or points of score (`fair_by: value`)."""


class Hours(Struct, frozen=True):
    """A named working week: the working spans of each weekday (0 = Monday), in order, without overlap."""

    name: str
    week: tuple[tuple[tuple[time, time], ...], ...]


class Rep(Struct, frozen=True):
    """A sales rep; `owner` is the HubSpot owner's e-mail, `weight` is in thousandths (1.0 is 1000)."""

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
    """The code of the rep's public holidays, such as FR or FR-57; None: no public holidays."""
    max_claims_per_hour: int | None = None


class TimeOff(Struct, frozen=True):
    """An absence of a rep from `start` to `end`, both days included.

    `backup` is the rep who gets leads of rules that name the absent rep or the account owner.
    """

    rep: str
    start: date
    end: date
    backup: str | None = None


class CatchUp(Struct, frozen=True):
    """The setting by which absent reps keep earning their part and get it once they are back.

    A rep earns until the credit reaches `at_most`, in the team's unit (leads or points); None: no limit.
    """

    at_most: int | None = None


class Team(Struct, frozen=True):
    """A team of reps who share leads, in file order (the last tie-break)."""

    name: str
    reps: tuple[str, ...]
    performance: timedelta | None = None
    """The window of past results that give factors on the reps' weights; None: weights are fixed."""
    fair_by: Literal["count", "value"] = "count"
    """Shares are parts of the number of leads (`count`) or of their points (`value`)."""

    catch_up: CatchUp | None = None
    """The setting for absent reps; None: an absent rep earns nothing and owes nothing."""

    @property
    def unit(self) -> Unit:
        """The unit of the team's credits."""
        return "points" if self.fair_by == "value" else "leads"


class Manager(Struct, frozen=True):
    """A manager, who is notified of overdue leads; `owner` is the HubSpot owner's e-mail.

    No `teams` means all teams.
    """

    name: str
    owner: str
    teams: tuple[str, ...] = ()


class Roster(Struct, frozen=True):
    """The content of `team.yaml`; days and hours are in `timezone`."""

    timezone: ZoneInfo
    reps: Mapping[str, Rep]
    teams: Mapping[str, Team]
    time_off: tuple[TimeOff, ...] = ()
    hours: Mapping[str, Hours] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each rep in `team.yaml`, by rep name."""
    managers: tuple[Manager, ...] = ()

    def day_of(self, moment: datetime) -> date:
        """The day of the moment (aware) in the roster's time zone, by which leads of a day are counted."""
        return moment.astimezone(self.timezone).date()
