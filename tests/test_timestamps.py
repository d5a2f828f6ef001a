"""Moments as text: each in its own time zone, even if another names the same moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from router.timestamps import in_iso

MOMENT = datetime(2026, 6, 2, 7, 30, 15, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone", [UTC, ZoneInfo("UTC"), ZoneInfo("Europe/Paris"), timezone(timedelta(hours=2))]
)
@pytest.mark.parametrize("moment", [MOMENT, MOMENT.replace(microsecond=0)])
def test_a_moment_is_written_as_in_its_own_zone(moment: datetime, zone: ZoneInfo | timezone) -> None:
    here = moment.astimezone(zone)

    assert in_iso(moment) == moment.isoformat()
    assert in_iso(here) == here.isoformat()
    assert datetime.fromisoformat(in_iso(here)) == moment
