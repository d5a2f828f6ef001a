"""When a lead is looked at again while a write of ours may be applied late: moments, by a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from router.deadlines import DOUBT, LOOK_EVERY, NIGHT_LOOK_AFTER
from router.routing.verification.next_look import next_look_ms, night_after_ms
from router.timestamps import epoch_ms, from_epoch_ms

PARIS = ZoneInfo("Europe/Paris")
SENT = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
"""Four o'clock in Paris, on the night after SENT."""


def look_at(now: datetime, *, sent: datetime = SENT) -> datetime | None:
    at_ms = next_look_ms(epoch_ms(sent), now_ms=epoch_ms(now), zone=PARIS)
    return None if at_ms is None else from_epoch_ms(at_ms)


@pytest.mark.parametrize(
    ("now", "look"),
    [
        (SENT, SENT + LOOK_EVERY),
        (SENT + DOUBT - timedelta(seconds=11), SENT + DOUBT - timedelta(seconds=1)),
        (SENT + DOUBT - timedelta(milliseconds=1), SENT + DOUBT),
        (SENT + DOUBT, NIGHT),
        (SENT + timedelta(hours=5), NIGHT),
        (NIGHT - timedelta(milliseconds=1), NIGHT),
        (NIGHT, None),
        (NIGHT + timedelta(days=3), None),
    ],
)
def test_it_is_every_ten_seconds_until_the_doubt_is_over_and_once_at_night(
    now: datetime, look: datetime | None
) -> None:
    assert look_at(now) == look


def test_a_lead_without_doubt_is_not_looked_at() -> None:
    assert next_look_ms(0, now_ms=epoch_ms(SENT), zone=PARIS) is None


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        (datetime(2026, 11, 25, 0, 30, tzinfo=UTC), datetime(2026, 11, 25, 3, 0, tzinfo=UTC)),
        (NIGHT - NIGHT_LOOK_AFTER, NIGHT),
        (NIGHT - NIGHT_LOOK_AFTER + timedelta(milliseconds=1), NIGHT + timedelta(days=1)),
        (NIGHT, NIGHT + timedelta(days=1)),
        # The clocks go back in the night of 25 October 2026: four o'clock is at three in UTC by then.
        (datetime(2026, 10, 24, 20, 0, tzinfo=UTC), datetime(2026, 10, 25, 3, 0, tzinfo=UTC)),
    ],
)
def test_the_look_at_night_is_at_four_local_time_at_least_an_hour_later(
    moment: datetime, night: datetime
) -> None:
    assert from_epoch_ms(night_after_ms(epoch_ms(moment), zone=PARIS)) == night
