"""Looked at minute by minute, with holidays, absences and two changes of clocks, is the arithmetic right?"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest

from router.policy.people.calendar import Calendar
from router.policy.people.public_holidays import holiday_on
from router.policy.people.roster import Hours, TimeOff

MINUTE = timedelta(minutes=1)
ZONES = [
    ("Europe/Paris", "FR-57", date(2026, 3, 20), date(2026, 10, 18)),
    ("America/New_York", "US-NY", date(2026, 3, 1), date(2026, 10, 28)),
    ("Australia/Lord_Howe", "AU-NSW", date(2026, 3, 28), date(2026, 9, 28)),  # its clocks move by 30 minutes
    ("America/Santiago", "CL", date(2026, 3, 29), date(2026, 8, 30)),  # they move at midnight
    ("Asia/Kolkata", "IN", date(2026, 1, 20), date(2026, 10, 18)),  # they do not move
]
DAYS = 18
SEEDS = range(4)
SHIFTS = tuple(
    ((time.fromisoformat(opens), time.fromisoformat(closes)),)
    for opens, closes in (
        ("01:30", "02:15"),
        ("00:15", "01:15"),
        ("02:15", "03:30"),
        ("22:15", "23:45"),
        ("23:30", "00:00"),
    )
)


@dataclass(frozen=True)
class Minutes:
    """Every minute from `first` on, and whether it is worked."""

    first: datetime
    worked: list[bool]
    before: list[int]
    """Minutes worked before each minute."""


def looked_at(calendar: Calendar, *, first_day: date, days: int) -> Minutes:
    """By the clock on the wall alone: open from when it has shown the opening until it shows the closing."""
    first = datetime.combine(first_day, time(0), tzinfo=calendar.timezone).astimezone(UTC)
    worked, day, latest = [], None, time(0)
    for number in range(days * 24 * 60):
        at = first + number * MINUTE
        local = at.astimezone(calendar.timezone)
        if local.date() != day:
            day, latest = local.date(), time(0)
        latest = max(latest, local.time())
        week = ((time(0), time(0)),) if calendar.hours is None else calendar.hours.week[day.weekday()]
        is_open = any(opens <= latest and (latest < closes or closes == time(0)) for opens, closes in week)
        worked.append(is_open and (_is_promised(calendar, at) or not _is_absent(calendar, at, day)))
    return Minutes(first, worked, [0, *accumulate(worked)])


def _is_promised(calendar: Calendar, at: datetime) -> bool:
    return calendar.present_until is not None and at < calendar.present_until


def _is_absent(calendar: Calendar, at: datetime, day: date) -> bool:
    on_leave = any(off.start <= day <= off.end for off in calendar.time_off)
    holiday = calendar.holidays is not None and holiday_on(calendar.holidays, day) is not None
    return on_leave or holiday or any(start <= at < end for start, end in calendar.away)


def a_calendar(chance: random.Random, *, zone: str, holidays: str, first: date) -> Calendar:
    """Hours with shifts through the hour that clocks change, a leave, two spans away, at times a promise."""
    timezone = ZoneInfo(zone)
    midnight = datetime.combine(first, time(0), tzinfo=timezone).astimezone(UTC)
    starts = sorted(chance.sample(range(60, DAYS * 24 * 60, 7), 4))
    gone_1, back_1, gone_2, back_2 = (midnight + minutes * MINUTE for minutes in starts)
    leave = first + timedelta(days=chance.randrange(DAYS))
    return Calendar(
        hours=None if chance.random() < 0.15 else Hours("drawn", tuple(_a_day(chance) for _ in range(7))),
        timezone=timezone,
        time_off=(TimeOff("anna", leave, leave + timedelta(days=chance.randrange(3))),),
        holidays=holidays,
        away=((gone_1, back_1), (gone_2, back_2)) if chance.random() < 0.7 else (),
        present_until=midnight + chance.randrange(DAYS * 1440) * MINUTE if chance.random() < 0.4 else None,
    )


def _a_day(chance: random.Random) -> tuple[tuple[time, time], ...]:
    """Up to two spans of quarter hours; one in three reaches midnight, many begin in the small hours."""
    if chance.random() < 0.2:
        return ()
    clocks = [time(quarter // 4, quarter % 4 * 15) for quarter in sorted(chance.sample(range(96), 4))]
    if chance.random() < 0.5:
        clocks[:2] = [time(chance.choice((0, 1)), 30), time(2, chance.choice((0, 15, 30, 45)))]
        clocks[2:] = [time(9), time(17, 30)]
    if chance.random() < 0.33:
        clocks[3] = time(0)
    return ((clocks[0], clocks[1]), (clocks[2], clocks[3]))


def drawn(zone: str, holidays: str, first: date) -> Iterator[tuple[random.Random, Calendar, Minutes]]:
    for seed in SEEDS:
        chance = random.Random(f"{zone} {first} {seed}")
        calendar = a_calendar(chance, zone=zone, holidays=holidays, first=first)
        yield chance, calendar, looked_at(calendar, first_day=first, days=DAYS)


@pytest.mark.parametrize(
    ("zone", "holidays", "first"),
    [(zone, holidays, first) for zone, holidays, *firsts in ZONES for first in firsts],
)
def test_the_arithmetic_equals_a_look_at_every_minute(zone: str, holidays: str, first: date) -> None:
    for chance, calendar, seen in drawn(zone, holidays, first):
        last = len(seen.worked) - 1
        for _ in range(150):
            start, end = sorted(chance.sample(range(last), 2))
            opens = bisect_left(seen.before, seen.before[start] + 1) - 1
            at, until = (seen.first + minute * MINUTE for minute in (start, end))

            assert calendar.is_working(at) == seen.worked[start], at
            assert calendar.between(at, until) == (seen.before[end] - seen.before[start]) * MINUTE, (
                at,
                until,
            )
            if opens <= last:
                assert calendar.next_working_minute(at) == seen.first + opens * MINUTE, at
            span = chance.randrange(1, 600)
            done = bisect_left(seen.before, seen.before[start] + span)
            if done <= last:
                assert calendar.add(at, span * MINUTE) == seen.first + done * MINUTE, (at, span)


@pytest.mark.parametrize(
    ("zone", "first"), [(zone, first) for zone, _, *firsts in ZONES[:4] for first in firsts]
)
def test_shifts_through_the_hour_that_clocks_change_are_right_at_every_minute(zone: str, first: date) -> None:
    timezone = ZoneInfo(zone)
    midnights = [
        datetime.combine(first + timedelta(days=day), time(0), tzinfo=timezone) for day in range(DAYS)
    ]
    before = next(day for day in range(DAYS) if midnights[day].utcoffset() != midnights[0].utcoffset()) - 2
    for shift in SHIFTS:
        calendar = Calendar(Hours("shift", (shift,) * 7), timezone)
        seen = looked_at(calendar, first_day=first + timedelta(days=before), days=4)

        worked = [calendar.is_working(seen.first + minute * MINUTE) for minute in range(len(seen.worked))]

        assert worked == seen.worked
        for minute in range(0, 3 * 24 * 60, 15):
            at, until = seen.first + minute * MINUTE, seen.first + (minute + 90) * MINUTE
            assert calendar.between(at, until) == (seen.before[minute + 90] - seen.before[minute]) * MINUTE


@pytest.mark.parametrize("zone", [zone for zone, *_ in ZONES[:4]])
def test_the_windows_hold_both_changes_of_clocks(zone: str) -> None:
    windows = next(firsts for name, _, *firsts in ZONES if name == zone)
    for first in windows:
        start = datetime.combine(first, time(0), tzinfo=ZoneInfo(zone))
        assert start.utcoffset() != (start + timedelta(days=DAYS)).utcoffset()
