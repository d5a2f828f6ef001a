"""The portal's clock, which can be put forward, and HubSpot's two forms of a moment."""

import time
from datetime import UTC, datetime
from functools import lru_cache

_ahead = {"ms": 0}
"""Milliseconds by which this process's portal is ahead of the real time; negative in the past."""


def now_ms() -> int:
    """The portal's time in whole milliseconds since 1970 (UTC), as webhooks and histories carry it."""
    return real_ms() + _ahead["ms"]


def real_ms() -> int:
    """The real time in milliseconds, whatever the portal's time is."""
    return time.time_ns() // 1_000_000


def ahead_ms() -> int:
    """Milliseconds by which the portal's time is ahead of the real one."""
    return _ahead["ms"]


def put_ahead(ms: int) -> None:
    """Set how far the portal is ahead of the real time. Quotas, pauses and signatures keep the real one."""
    _ahead["ms"] = ms


def set_to(moment: datetime) -> None:
    """Let it be this moment (aware) in the portal now, in the future or in the past."""
    put_ahead(round(moment.timestamp() * 1000) - real_ms())


@lru_cache(maxsize=4096)
def iso(at_ms: int) -> str:
    """`1795300811123` as `2026-11-21T21:20:11.123Z`, the form of every date in an API answer."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=1 << 17)
def parse_ms(text: str) -> int:
    """Milliseconds since 1970 from an ISO date, or from a number of milliseconds. Raises ValueError."""
    if text.lstrip("-").isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
