"""Calendars of working time: the next working minute, and sums of working time.

Hours are wall-clock times of a time zone and are turned into UTC day by day, so a day on which the clocks
change has its true length. A clock time that a day has twice counts as the first of the two; one that the
day skips counts as the moment of the jump. All moments taken and returned are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from router.policy.people.public_holidays import holiday_on
from router.policy.people.roster import Hours, Roster, TimeOff

_HORIZON_DAYS: Final = 800
_KEPT: Final = 4096
"""Number of cached openings and closings: a year for most teams."""
_MIDNIGHT: Final = time(0, 0)
_ONE_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)

Span: TypeAlias = tuple[datetime, datetime]
"""A start (included) and an end (not included), aware UTC."""


class Calendar(Struct, frozen=True):
    """One person's working time: the hours (None: round the clock) minus days off, holidays and absences.

    Before `present_until` only the hours count: an override declares the person present. Days are days in
    `timezone`; `away` is in order, without overlap. `holidays` is a code of `public_holidays`.
    """

    hours: Hours | None
    timezone: ZoneInfo
    time_off: tuple[TimeOff, ...] = ()
    holidays: str | None = None
    away: tuple[Span, ...] = ()
    present_until: datetime | None = None

    def day_of(self, moment: datetime) -> date:
        """The local day of the moment in this person's time zone."""
        return moment.astimezone(self.timezone).date()

    def is_closed(self, day: date) -> bool:
        """Whether the day is a public holiday or a day off."""
        if self.time_off and off_on(self.time_off, day) is not None:
            return True
        return self.holidays is not None and holiday_on(self.holidays, day) is not None

    def is_working(self, at: datetime) -> bool:
        """Whether `at` (aware UTC) is working time."""
        if self.hours is not None and not self._is_open(at, self.hours):
            return False
        if self.present_until is not None and at < self.present_until:
            return True
        if any(start <= at < end for start, end in self.away):
            return False
        return not (self.time_off or self.holidays) or not self.is_closed(self.day_of(at))

    def next_working_minute(self, start: datetime) -> datetime | None:
        """The first working moment at or after `start`; None when there is none within two years."""
        if self.is_working(start):
            return start
        return next((max(opens, start) for opens, closes in self._spans(start) if closes > start), None)

    def add(self, start: datetime, span: timedelta) -> datetime | None:
        """The moment when `span` of working time has passed since `start`; None if beyond two years."""
        if self._never_closes:
            return start + span
        left = span
        for opens, closes in self._spans(start):
            opens = max(opens, start)
            if closes - opens >= left:
                return opens + left
            left -= max(closes - opens, timedelta(0))
        return None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`, zero if `end` is not after it; exact within two years."""
        if self._never_closes:
            return max(end - start, timedelta(0))
        worked = timedelta(0)
        for opens, closes in self._spans(start):
            if opens >= end:
                break
            worked += max(min(closes, end) - max(opens, start), timedelta(0))
        return worked

    @property
    def _never_closes(self) -> bool:
        return self.hours is None and not (self.time_off or self.holidays or self.away)

    def _is_open(self, at: datetime, hours: Hours) -> bool:
        local = at.astimezone(self.timezone)
        if local.fold:
            # The clock shows this time for the second time: openings and closings happened at the first.
            return any(begin <= at < end for begin, end in self._opening(local.date()))
        clock = local.time()
        for start, end in hours.week[local.weekday()]:
            if start <= clock and (clock < end or end == _MIDNIGHT):
                return True
        return False

    def _spans(self, start: datetime) -> Iterator[Span]:
        """The working spans, in order, from the local day of `start` on."""
        day = self.day_of(start)
        for _ in range(_HORIZON_DAYS):
            closed = self.is_closed(day)
            if not closed or self.present_until is not None:
                for begin, end in self._opening(day):
                    yield from self._worked(begin, end, closed=closed)
            day += _ONE_DAY

    def _opening(self, day: date) -> Iterator[Span]:
        """The opening hours of the day, without regard to absences."""
        week = ((_MIDNIGHT, _MIDNIGHT),) if self.hours is None else self.hours.week[day.weekday()]
        for opens, closes in week:
            last_day = day + _ONE_DAY if closes == _MIDNIGHT else day
            begin, end = moment_of(day, opens, self.timezone), moment_of(last_day, closes, self.timezone)
            if begin < end:
                yield begin, end

    def _worked(self, begin: datetime, end: datetime, *, closed: bool) -> Iterator[Span]:
        """The working spans within one opening, without absences; `closed`: the day is off or a holiday."""
        if self.present_until is not None and begin < self.present_until:
            yield begin, min(end, self.present_until)
            begin = self.present_until
        if closed:
            return
        for gone, back in self.away:
            if begin < gone < end:
                yield begin, gone
            if gone < end and back > begin:
                begin = back
        if begin < end:
            yield begin, end


def time_off_of(roster: Roster, rep: str) -> tuple[TimeOff, ...]:
    """All the time off of one rep."""
    return tuple(off for off in roster.time_off if off.rep == rep)


def off_on(time_off: Sequence[TimeOff], day: date) -> TimeOff | None:
    """The time off that covers the day, or None; of several, the one that ends last."""
    covering = [off for off in time_off if off.start <= day <= off.end]
    return max(covering, key=lambda off: off.end) if covering else None


@lru_cache(maxsize=_KEPT)
def moment_of(day: date, clock: time, timezone: ZoneInfo) -> datetime:
    """The moment (UTC) when clocks show this time on this day.

    A time shown twice means the first of the two; a skipped time means the moment of the jump.
    """
    local = datetime.combine(day, clock, tzinfo=timezone)
    moment = local.astimezone(UTC)
    if moment.astimezone(timezone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # The clocks skip this time: search for the jump between the two readings of it.
    before, after = local.replace(fold=1).astimezone(UTC), moment
    offset = before.astimezone(timezone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        if middle.astimezone(timezone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
