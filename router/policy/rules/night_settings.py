"""Settings of the nightly run: its start time, the leads it moves, and the brake limits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from router.policy.people.calendar import moment_of

STARTS_AT: Final = time(2, 30)


class BrakeLimits(Struct, frozen=True):
    """Limits of the brake: a run with more than `count` moves, or `share` of all leads, moves none.

    `share` is 0 to 1, of all open leads; such a run waits for a person's approval.
    """

    count: int = 200
    share: Decimal = Decimal("0.05")


class NightSettings(Struct, frozen=True):
    """The block `night` of routing.yaml. `at` is in the roster's time zone; spans are clock time.

    An open lead moves when its owner was deactivated (`when_gone`), stays away for `when_away` from now on,
    or has not begun `when_overdue` after the due time. A lead that has waited `when_queued` in a queue is
    given by fair share. None: such leads stay.
    """

    at: time = STARTS_AT
    when_gone: bool = False
    when_away: timedelta | None = None
    when_overdue: timedelta | None = None
    when_queued: timedelta | None = None
    limits: BrakeLimits = BrakeLimits()


NIGHT: Final = NightSettings()
"""The default without a block `night`: no lead moves."""


def begun_day(night: NightSettings, *, timezone: ZoneInfo, now: datetime) -> date | None:
    """The local date of `now` (aware UTC) once its nightly run is due; None earlier in the day.

    A start time that the clocks skip means the moment of the jump; one that they show twice means the first
    of the two. So each date has exactly one start, and it stays in force when the clocks go back.
    """
    day = now.astimezone(timezone).date()
    return day if now >= moment_of(day, night.at, timezone) else None
