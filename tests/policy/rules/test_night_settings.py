"""Each local date has one beginning of its night, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.policy.rules.night_settings import NightSettings, begun_day

PARIS = ZoneInfo("Europe/Paris")


def at_utc(day: int, month: int, hour: int, minute: int) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "begun"),
    [
        (at_utc(24, 11, 1, 29), False),
        (at_utc(24, 11, 1, 30), True),
        # Spring: clocks go from 02:00 to 03:00 at 01:00 UTC, and 02:30 is never shown.
        (at_utc(29, 3, 0, 59), False),
        (at_utc(29, 3, 1, 0), True),
        # Autumn: 02:30 is shown at 00:30 UTC, and once more at 01:30; between them clocks go back to 02:00.
        (at_utc(25, 10, 0, 29), False),
        (at_utc(25, 10, 0, 30), True),
        (at_utc(25, 10, 1, 10), True),
        (at_utc(25, 10, 1, 30), True),
    ],
)
def test_the_night_begins_once_even_when_the_clocks_change(now: datetime, begun: bool) -> None:
    assert begun_day(NightSettings(), timezone=PARIS, now=now) == (
        date(2026, now.month, now.day) if begun else None
    )


@given(
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]),
    at=st.times().map(lambda clock: clock.replace(second=0, microsecond=0, tzinfo=None)),
    start=st.integers(0, 365 * 24),
)
def test_within_a_date_what_has_begun_stays_begun(zone: str, at: time, start: int) -> None:
    moments = [at_utc(1, 1, 0, 0) + timedelta(hours=start, minutes=20 * step) for step in range(200)]
    seen: dict[date, bool] = {}

    for now in moments:
        timezone = ZoneInfo(zone)
        day = now.astimezone(timezone).date()
        begun = begun_day(NightSettings(at), timezone=timezone, now=now) is not None
        assert begun or not seen.get(day, False)
        seen[day] = begun
