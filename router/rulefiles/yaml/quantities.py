"""Numbers, durations, shares and moments as rule files write them.

Each function returns None for a text that is not such a quantity; the caller knows the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_SPAN = re.compile(r"([0-9]{1,5}) ?([a-z]+)")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?) ?%")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")

_DAY_LONG: Final = timedelta(days=1)
_UNITS: Final = {
    **dict.fromkeys(("min", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), _DAY_LONG),
    **dict.fromkeys(("w", "week", "weeks"), 7 * _DAY_LONG),
    **dict.fromkeys(("month", "months"), 30 * _DAY_LONG),
}
TRUTHS: Final = {"true": True, "false": False}
SPAN_FORMS: Final = "15min, 4h, 7d, 2 weeks or 1 month (30 days)"


Quantity = TypeVar("Quantity", int, Decimal, timedelta)


def within(
    low: Quantity, high: Quantity | None, read: Callable[[str], Quantity | None]
) -> Callable[[str], Quantity | None]:
    """`read`, giving None for what is below `low` or above `high` too; None is no upper limit."""

    def read_within(text: str) -> Quantity | None:
        found = read(text)
        return None if found is None or found < low or (high is not None and found > high) else found

    return read_within


def number(text: str) -> Decimal | None:
    """Number such as `200`, `-10` or `0.5`: at most 15 digits before the point and 6 behind it."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def whole(text: str) -> int | None:
    """Whole number of at most 9 digits."""
    return int(text) if _WHOLE.fullmatch(text) else None


def span(text: str) -> timedelta | None:
    """Duration such as `15min`, `4h`, `7d`, `2 weeks`, `1 month` (30 days); at most 99999 of the unit."""
    parts = _SPAN.fullmatch(text)
    if not parts or parts[2] not in _UNITS:
        return None
    return int(parts[1]) * _UNITS[parts[2]]


def share(text: str) -> Decimal | None:
    """Share such as `50%`, returned as 0.5."""
    parts = _PERCENT.fullmatch(text)
    return Decimal(parts[1]) / 100 if parts else None


def part(text: str) -> Decimal | None:
    """A share above 0% and up to 100%."""
    return within(Decimal("0.0001"), Decimal(1), share)(text)


def day(text: str) -> date | None:
    """Date such as `2026-12-21`."""
    return date.fromisoformat(text) if _DAY.fullmatch(text) and _exists(text) else None


def moment(text: str, timezone: ZoneInfo) -> datetime | None:
    """Moment such as `2026-12-21T09:00` in `timezone`, or with `Z` or `+01:00`; returned in UTC."""
    if not _MOMENT.fullmatch(text) or not _exists(text):
        return None
    written = datetime.fromisoformat(text)
    return _in_utc(written if written.tzinfo else written.replace(tzinfo=timezone))


def midnight(of: date, timezone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which that day begins in the time zone."""
    return _in_utc(datetime.combine(of, time(), timezone))


def clock(text: str) -> time | None:
    """Time of the day such as `09:00`, from 0:00 to 23:59."""
    parts = _CLOCK.fullmatch(text)
    return time(int(parts[1]), int(parts[2])) if parts else None


def _exists(text: str) -> bool:
    try:
        # Years at the very ends of the calendar overflow when a time zone shifts them.
        return 1900 <= datetime.fromisoformat(text).year <= 2999
    except ValueError:
        return False


def _in_utc(local: datetime) -> datetime:
    return local.astimezone(UTC)
