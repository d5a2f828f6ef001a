"""When people work, on the days when clocks change too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from router.policy.people.calendar import Calendar, off_on, time_off_of
from router.policy.people.roster import Hours, TimeOff
from router.policy.rules.sla import due_at, queue_due_at
from tests.world.policies import NOW, PARIS, a_rep, a_team, office_hours

HOUR = timedelta(hours=1)
OFFICE = office_hours("09:00", "18:00")
NIGHTS = Hours("nights", (((time(0, 0), time(6, 0)), (time(22, 0), time(0, 0))),) * 7)
LUNCH = Hours("lunch", (((time(8, 30), time(12, 30)), (time(14, 0), time(18, 30))),) * 5 + ((), ()))
NEVER = Hours("never", ((),) * 7)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "start", "opens"),
    [
        (None, "2026-11-22 03:00", "2026-11-22 03:00"),
        (OFFICE, "2026-11-24 10:15", "2026-11-24 10:15"),
        (OFFICE, "2026-11-24 07:00", "2026-11-24 09:00"),
        (OFFICE, "2026-11-24 18:00", "2026-11-25 09:00"),
        (OFFICE, "2026-11-27 18:01", "2026-11-30 09:00"),
        (LUNCH, "2026-11-24 12:30", "2026-11-24 14:00"),
        (NIGHTS, "2026-11-24 12:00", "2026-11-24 22:00"),
        (NIGHTS, "2026-11-24 23:59", "2026-11-24 23:59"),
    ],
)
def test_the_next_working_minute(hours: Hours | None, start: str, opens: str) -> None:
    assert Calendar(hours, PARIS).next_working_minute(paris(start)) == paris(opens)


@pytest.mark.parametrize(
    ("hours", "start", "span", "end"),
    [
        (None, "2026-11-24 10:00", 4 * HOUR, "2026-11-24 14:00"),
        (OFFICE, "2026-11-24 10:00", 4 * HOUR, "2026-11-24 14:00"),
        (OFFICE, "2026-11-24 16:00", 4 * HOUR, "2026-11-25 11:00"),
        (OFFICE, "2026-11-27 17:00", 10 * HOUR, "2026-11-30 18:00"),
        (LUNCH, "2026-11-24 11:30", 2 * HOUR, "2026-11-24 15:00"),
        (OFFICE, "2026-11-21 12:00", timedelta(0), "2026-11-23 09:00"),
        # Clocks go forward on 2026-03-29 and back on 2026-10-25, both in the night: 5 and 7 hours long.
        (NIGHTS, "2026-03-28 22:00", 8 * HOUR, "2026-03-29 23:00"),
        (NIGHTS, "2026-10-24 22:00", 8 * HOUR, "2026-10-25 05:00"),
    ],
)
def test_working_time_is_added_across_closing_times(
    hours: Hours | None, start: str, span: timedelta, end: str
) -> None:
    assert Calendar(hours, PARIS).add(paris(start), span) == paris(end)
    assert Calendar(hours, PARIS).between(paris(start), paris(end)) == span


def test_working_time_between_counts_only_opening_hours() -> None:
    friday_evening, monday_morning = paris("2026-11-27 17:00"), paris("2026-11-30 09:30")

    assert Calendar(OFFICE, PARIS).between(friday_evening, monday_morning) == 1.5 * HOUR
    assert Calendar(OFFICE, PARIS).between(monday_morning, friday_evening) == timedelta(0)
    assert Calendar(None, PARIS).between(monday_morning, friday_evening) == timedelta(0)


def test_hours_that_never_open_have_no_working_time() -> None:
    assert Calendar(NEVER, PARIS).next_working_minute(NOW) is None
    assert Calendar(NEVER, PARIS).add(NOW, HOUR) is None


def test_days_off_are_not_worked() -> None:
    off = (TimeOff("anna", date(2026, 11, 25), date(2026, 11, 26)),)

    assert Calendar(OFFICE, PARIS, off).add(paris("2026-11-24 17:00"), 2 * HOUR) == paris("2026-11-27 10:00")
    assert Calendar(None, PARIS, off).add(paris("2026-11-24 23:00"), 2 * HOUR) == paris("2026-11-27 01:00")


def test_time_off_covers_both_of_its_days_and_one_rep() -> None:
    off = TimeOff("anna", date(2026, 11, 24), date(2026, 11, 25))
    roster = a_team(a_rep("anna"), a_rep("ben"), time_off=(off,))
    covered = [off_on(time_off_of(roster, "anna"), date(2026, 11, day)) for day in (23, 24, 25, 26)]

    assert covered == [None, off, off, None]
    assert time_off_of(roster, "ben") == ()


def test_of_two_times_off_the_one_that_ends_last_counts() -> None:
    short = TimeOff("anna", date(2026, 11, 24), date(2026, 11, 24))
    long = TimeOff("anna", date(2026, 11, 20), date(2026, 11, 30))

    assert off_on((long, short), date(2026, 11, 24)) == long


def test_a_lead_is_due_in_the_reps_hours_and_a_queue_in_those_of_who_opens_first() -> None:
    roster = a_team(a_rep("anna", hours=office_hours("10:00", "18:00")), a_rep("ben", hours=OFFICE))
    evening = paris("2026-11-24 19:00")

    assert due_at(evening, HOUR, roster=roster, rep="anna") == paris("2026-11-25 11:00")
    assert queue_due_at(evening, HOUR, roster=roster, team="sales") == paris("2026-11-25 10:00")
    assert due_at(evening, HOUR, roster=roster, rep=None) == evening + HOUR
