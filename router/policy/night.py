"""When the nightly run of a day begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from router.policy.calendar import moment_of

STARTS_AT: Final = time(2, 30)


@dataclass(frozen=True, slots=True)
class Night:
    """What `night` in routing.yaml says. `at` is a time of the roster's zone."""

    at: time = STARTS_AT


NIGHT: Final = Night()
"""The night of whoever wrote nothing about it."""


def begun_day(night: Night, *, timezone: ZoneInfo, now: datetime) -> date | None:
    """The local date of `now` (aware UTC) once its run should have begun; None earlier in the day.

    A start that the clocks leave out is the jump, and one that they show twice is the first of the two, so
    a date has exactly one beginning, and what has begun is not undone when the clocks go back.
    """
    day = now.astimezone(timezone).date()
    return day if now >= moment_of(day, night.at, timezone) else None
