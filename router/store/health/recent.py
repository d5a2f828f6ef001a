"""Counts of this hour and the last ones: what came, what was refused, and what was never announced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import redis

from router.store.health.parts import Recent
from router.store.keys import Keys

SPAN_S: Final = 3600
KEPT: Final = timedelta(days=14)


class RecentCounts:
    """The counts of one portal, by hour; `inbox/append.lua` counts events with the same names."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._key = keys.recent

    def note(self, name: str, times: int) -> None:
        """Count something now, by Redis' clock. Raises `redis.RedisError`."""
        seconds, _ = self._redis.time()
        self._redis.hincrby(self._key, f"{int(seconds) // SPAN_S}:{name}", times)

    def drop_old(self, rows: Mapping[str, str], *, at: datetime) -> None:
        """Forget those of these counts that are older than `KEPT`."""
        oldest = _hour_of(at) - int(KEPT.total_seconds()) // SPAN_S
        old = [field for field in rows if int(field.partition(":")[0]) < oldest]
        if old:
            self._redis.hdel(self._key, *old)


def recent_of(rows: Mapping[str, str], *, at: datetime) -> Recent:
    """The counts of this hour and the last."""
    sums: Counter[str] = Counter()
    last = None
    for field, count in rows.items():
        hour, _, name = field.partition(":")
        if int(hour) >= _hour_of(at) - 1:
            sums[name] += int(count)
        if name == "events":
            last = max(last or 0, int(hour))
    return Recent(
        events=sums["events"],
        foreign=sums["foreign"],
        deliveries=sums["deliveries"],
        refused_401=sums["refused_401"],
        missed=sums["missed"],
        last_event=None if last is None else datetime.fromtimestamp((last + 1) * SPAN_S, UTC),
    )


def _hour_of(at: datetime) -> int:
    return int(at.timestamp()) // SPAN_S
