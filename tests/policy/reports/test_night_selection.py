"""Which leads the night moves, why, and when it needs somebody's approval first."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.policy.people.availability import Reported
from router.policy.people.roster import Hours, Rep, Roster, TimeOff
from router.policy.reports.night_selection import (
    Absent,
    LeadSnapshot,
    Reason,
    Why,
    absent,
    held_back,
    is_long,
    why_moved,
)
from router.policy.rules.night_settings import BrakeLimits, NightSettings

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # a Tuesday, 02:30 in Paris
DAY = timedelta(days=1)
EVERYTHING = NightSettings(when_gone=True, when_away=5 * DAY, when_overdue=DAY, when_queued=3 * DAY)
BACK = NOW + 14 * DAY


def why(lead: LeadSnapshot, night: NightSettings = EVERYTHING) -> Why | None:
    return why_moved(lead, night, gone={"1"}, away={"2": BACK}, now=NOW)


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        (LeadSnapshot("1"), Why(Reason.GONE)),
        (LeadSnapshot("1", started=True), Why(Reason.GONE)),
        (LeadSnapshot("2"), Why(Reason.AWAY, BACK)),
        (LeadSnapshot("2", started=True), None),
        (LeadSnapshot("2", due_at=NOW - 2 * DAY), Why(Reason.AWAY, BACK)),
        (LeadSnapshot("3", due_at=NOW - DAY), Why(Reason.OVERDUE, NOW - DAY)),
        (LeadSnapshot("3", due_at=NOW - DAY + timedelta(seconds=1)), None),
        (LeadSnapshot("3", due_at=NOW - 2 * DAY, started=True), None),
        (LeadSnapshot("3"), None),
        (LeadSnapshot("", queued_since=NOW - 3 * DAY), Why(Reason.QUEUED, NOW - 3 * DAY)),
        (LeadSnapshot("", queued_since=NOW - 2 * DAY), None),
        (LeadSnapshot(""), None),
    ],
)
def test_a_lead_moves_for_the_first_reason_that_holds(lead: LeadSnapshot, expected: Why | None) -> None:
    assert why(lead) == expected


@pytest.mark.parametrize(
    "lead",
    [
        LeadSnapshot("1"),
        LeadSnapshot("3", due_at=NOW - 9 * DAY),
        LeadSnapshot("", queued_since=NOW - 90 * DAY),
    ],
)
def test_without_a_word_in_the_rules_every_lead_stays(lead: LeadSnapshot) -> None:
    assert why_moved(lead, NightSettings(), gone={"1"}, away={}, now=NOW) is None


OFFICE = Hours("office", (((time(9), time(18)),),) * 5 + ((), ()))


def a_roster(*off: TimeOff) -> Roster:
    reps = {name: Rep(name, f"{name}@acme.fr", hours=OFFICE) for name in ("anna", "ben")}
    return Roster(ZoneInfo("Europe/Paris"), reps, {}, time_off=off)


def test_two_weeks_of_leave_are_an_absence_with_an_end() -> None:
    leave = TimeOff("anna", date(2026, 11, 23), date(2026, 12, 6))

    (found,) = absent(a_roster(leave), {}, now=NOW)

    assert found == Absent("anna", datetime(2026, 12, 7, 8, 0, tzinfo=UTC))
    assert is_long(found, 5 * DAY, since=NOW, now=NOW)
    assert not is_long(found, 14 * DAY, since=NOW, now=NOW)


def test_a_weekend_is_no_absence() -> None:
    assert absent(a_roster(), {}, now=datetime(2026, 11, 28, 12, tzinfo=UTC)) == ()


def test_who_is_back_soon_keeps_their_leads() -> None:
    leave = TimeOff("anna", date(2026, 11, 10), date(2026, 11, 25))

    (found,) = absent(a_roster(leave), {}, now=NOW)

    assert not is_long(found, 5 * DAY, since=NOW - 14 * DAY, now=NOW)


def test_an_absence_without_an_end_is_long_once_it_has_lasted() -> None:
    (found,) = absent(a_roster(), {"ben": Reported(away_in_hubspot=True)}, now=NOW)

    assert found == Absent("ben", None)
    assert not is_long(found, 5 * DAY, since=NOW - 4 * DAY, now=NOW)
    assert is_long(found, 5 * DAY, since=NOW - 5 * DAY, now=NOW)


@pytest.mark.parametrize(
    ("moves", "open_leads", "by"),
    [
        (200, 4_000, None),
        (201, 100_000, "count"),
        (200, 3_999, "share"),
        (10, 0, None),
        (10, 20, None),
        (11, 20, "share"),
        (40, 100, "share"),
        (0, 0, None),
    ],
)
def test_the_brake_holds_from_the_first_lead_too_many(moves: int, open_leads: int, by: str | None) -> None:
    held = held_back(moves, open_leads=open_leads, limits=BrakeLimits())

    assert (held.by if held else None) == by


@given(
    moves=st.integers(0, 5_000),
    open_leads=st.integers(0, 50_000),
    count=st.integers(1, 1_000),
    percent=st.integers(1, 100),
)
def test_what_goes_unasked_is_within_both_limits(
    moves: int, open_leads: int, count: int, percent: int
) -> None:
    limits = BrakeLimits(count, Decimal(percent) / 100)

    if held_back(moves, open_leads=open_leads, limits=limits) is None:
        assert moves <= count
        assert moves <= 10 or moves * 100 <= open_leads * percent
