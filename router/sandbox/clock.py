"""What time it is in the portal, and the two ways HubSpot writes it."""

import time
from datetime import UTC, datetime
from functools import lru_cache


def now_ms() -> int:
    """The time in whole milliseconds since 1970 (UTC), as webhooks and histories carry it."""
    return time.time_ns() // 1_000_000


@lru_cache(maxsize=4096)
def iso(at_ms: int) -> str:
    """`1795300811123` as `2026-11-21T21:20:11.123Z`, the form of every date in an API answer."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_ms(text: str) -> int:
    """Milliseconds since 1970 from an ISO date, or from a number of milliseconds. Raises ValueError."""
    if text.lstrip("-").isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
