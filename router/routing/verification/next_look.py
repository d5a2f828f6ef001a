"""When a lead is looked at again, while a write of ours may still be applied late. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from router.deadlines import DOUBT, LOOK_EVERY, NIGHT_LOOK_AFTER
from router.timestamps import epoch_ms, from_epoch_ms, in_ms

AT_NIGHT: Final = time(4)
"""Local time of the one look at night."""


def next_look_ms(unanswered_at_ms: int, *, now_ms: int, zone: tzinfo) -> int | None:
    """The next look (epoch ms) at a lead whose last send without answer was at that moment (0: none was).

    Every ten seconds until the doubt is over, then once at night; None if that has been.
    """
    if not unanswered_at_ms:
        return None
    over_ms = unanswered_at_ms + in_ms(DOUBT)
    if now_ms < over_ms:
        return min(now_ms + in_ms(LOOK_EVERY), over_ms)
    night_ms = night_after_ms(over_ms, zone=zone)
    return night_ms if now_ms < night_ms else None


def night_after_ms(moment_ms: int, *, zone: tzinfo) -> int:
    """The look at night (epoch ms) that follows a moment; an hour lies between, at least."""
    earliest = (from_epoch_ms(moment_ms) + NIGHT_LOOK_AFTER).astimezone(zone)
    night = datetime.combine(earliest.date(), AT_NIGHT, zone)
    if night < earliest:
        night = datetime.combine(earliest.date() + timedelta(days=1), AT_NIGHT, zone)
    return epoch_ms(night)
