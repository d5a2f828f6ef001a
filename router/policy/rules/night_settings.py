"""When the nightly run of a day begins, which leads it moves, and how many it may move unasked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from router.policy.people.calendar import moment_of

STARTS_AT: Final = time(2, 30)


@dataclass(frozen=True, slots=True)
class BrakeLimits:
    """A night that would move more than `count` leads, or than this `share` (0 to 1) of all, moves none."""

    count: int = 200
    share: Decimal = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class NightSettings:
    """What `night` in routing.yaml says. `at` is a time of the roster's zone; spans are of clock time.

    Open leads move when their owner was deactivated (`when_gone`), is away for `when_away` from now on, or
    has not begun `when_overdue` after the due time; leads that wait `when_queued` in a queue are given by
    fair share. None: they stay.
    """

    at: time = STARTS_AT
    when_gone: bool = False
    when_away: timedelta | None = None
    when_overdue: timedelta | None = None
    when_queued: timedelta | None = None
    limits: BrakeLimits = BrakeLimits()


NIGHT: Final = NightSettings()
"""The night of whoever wrote nothing about it: no lead moves."""


def begun_day(night: NightSettings, *, timezone: ZoneInfo, now: datetime) -> date | None:
    """The local date of `now` (aware UTC) once its run should have begun; None earlier in the day.

    A start that the clocks leave out is the jump, and one that they show twice is the first of the two, so
    a date has exactly one beginning, and what has begun is not undone when the clocks go back.
    """
    day = now.astimezone(timezone).date()
    return day if now >= moment_of(day, night.at, timezone) else None
