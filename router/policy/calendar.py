"""When people work: the next working minute, and spans of working time.

Hours are wall-clock times of the roster's time zone and are turned into UTC day by day, so a day on
which the clocks change has its true length. Moments in and out are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from router.policy.roster import Hours, Roster, TimeOff

_HORIZON_DAYS: Final = 800
_MIDNIGHT: Final = time(0, 0)
_ONE_DAY: Final = timedelta(days=1)


def is_off(roster: Roster, rep: str, now: datetime) -> TimeOff | None:
    """The time off that the rep is on at `now`, or None; of several it is the one that ends last."""
    return off_on(time_off_of(roster, rep), now.astimezone(roster.timezone).date())


def time_off_of(roster: Roster, rep: str) -> tuple[TimeOff, ...]:
    """All the time off of one rep."""
    return tuple(off for off in roster.time_off if off.rep == rep)


def off_on(time_off: Sequence[TimeOff], day: date) -> TimeOff | None:
    """The time off that covers the day, or None; of several it is the one that ends last."""
    covering = [off for off in time_off if off.start <= day <= off.end]
    return max(covering, key=lambda off: off.end) if covering else None


def is_working(
    hours: Hours | None, *, timezone: ZoneInfo, time_off: Sequence[TimeOff] = (), at: datetime
) -> bool:
    """Whether `at` is working time: within the hours (None: round the clock) and not on a day off."""
    local = at.astimezone(timezone)
    if time_off and off_on(time_off, local.date()) is not None:
        return False
    if hours is None:
        return True
    clock = local.time()
    for start, end in hours.week[local.weekday()]:
        if start <= clock and (clock < end or end == _MIDNIGHT):
            return True
    return False


def next_working_minute(
    start: datetime, hours: Hours | None, *, timezone: ZoneInfo, time_off: Sequence[TimeOff] = ()
) -> datetime | None:
    """The first working moment at or after `start`; None when there is none within two years."""
    if is_working(hours, timezone=timezone, time_off=time_off, at=start):
        return start
    spans = _spans(start, hours, timezone, time_off)
    return next((max(opens, start) for opens, closes in spans if closes > start), None)


def add_working_time(
    start: datetime,
    span: timedelta,
    hours: Hours | None,
    *,
    timezone: ZoneInfo,
    time_off: Sequence[TimeOff] = (),
) -> datetime | None:
    """The moment when `span` of working time has passed since `start`; None if two years do not hold it."""
    if hours is None and not time_off:
        return start + span
    left = span
    for opens, closes in _spans(start, hours, timezone, time_off):
        opens = max(opens, start)
        if closes - opens >= left:
            return opens + left
        left -= max(closes - opens, timedelta(0))
    return None


def working_time_between(
    start: datetime,
    end: datetime,
    hours: Hours | None,
    *,
    timezone: ZoneInfo,
    time_off: Sequence[TimeOff] = (),
) -> timedelta:
    """The working time from `start` to `end`, zero if `end` is not after `start`; exact within two years."""
    if hours is None and not time_off:
        return max(end - start, timedelta(0))
    worked = timedelta(0)
    for opens, closes in _spans(start, hours, timezone, time_off):
        if opens >= end:
            break
        worked += max(min(closes, end) - max(opens, start), timedelta(0))
    return worked


def _spans(
    start: datetime, hours: Hours | None, timezone: ZoneInfo, time_off: Sequence[TimeOff]
) -> Iterator[tuple[datetime, datetime]]:
    """The spans worked (UTC), in order, from the local day of `start` on; days off have none."""
    day = start.astimezone(timezone).date()
    for _ in range(_HORIZON_DAYS):
        if not time_off or off_on(time_off, day) is None:
            for opens, closes in ((_MIDNIGHT, _MIDNIGHT),) if hours is None else hours.week[day.weekday()]:
                last_day = day + _ONE_DAY if closes == _MIDNIGHT else day
                begin, end = _in_utc(day, opens, timezone), _in_utc(last_day, closes, timezone)
                if begin < end:
                    yield begin, end
        day += _ONE_DAY


def _in_utc(day: date, clock: time, timezone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=timezone).astimezone(UTC)
