"""A written end is a moment within the next two years, or is refused in a sentence."""

from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.policy.people.availability import MOST_AHEAD
from router.routing.people.overrides import NoSuchMoment, end_written
from tests.world.time import NOW, PARIS

ZONES = sorted(available_timezones())
OFFSETS = ["", "Z", "+14:00", "-12:00", "+23:59", "-23:59"]
WRITTEN = st.one_of(
    st.dates().map(str),
    st.builds(
        lambda moment, offset: f"{moment.isoformat()}{offset}", st.datetimes(), st.sampled_from(OFFSETS)
    ),
    st.sampled_from(
        ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59", "10000-01-01", "2026-W48-2", "٢٠٢٦-٠١-٠١"]
    ),
    st.text(max_size=40),
)


@given(text=WRITTEN, zone=st.sampled_from(ZONES))
def test_any_text_is_a_moment_within_the_bounds_or_is_refused(text: str, zone: str) -> None:
    try:
        end = end_written(text, ZoneInfo(zone), now=NOW)
    except NoSuchMoment:
        return
    assert timedelta(0) < end - NOW <= MOST_AHEAD
    assert end.tzinfo is UTC


@pytest.mark.parametrize("text", ["2028-11-24", "2028-11-24T10:15", "2028-11-24T09:15:00Z"])
def test_two_years_are_not_too_far(text: str) -> None:
    assert end_written(text, PARIS, now=NOW) > NOW
