"""Counts of this hour and the last ones: what came, what was refused, and what was never announced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    def of(self, rows: Mapping[str, str], *, at: datetime) -> tuple[Recent, tuple[str, ...]]:
        """The counts of this hour and the last, and the fields that are too old to be kept."""
        this = int(at.timestamp()) // SPAN_S
        oldest = this - int(KEPT.total_seconds()) // SPAN_S
        sums: dict[str, int] = {}
        old, last = [], None
        for field, count in rows.items():
            hour, _, name = field.partition(":")
            if int(hour) < oldest:
                old.append(field)
            elif int(hour) >= this - 1:
                sums[name] = sums.get(name, 0) + int(count)
            if name == "events":
                last = max(last or 0, int(hour))
        return (
            Recent(
                events=sums.get("events", 0),
                foreign=sums.get("foreign", 0),
                deliveries=sums.get("deliveries", 0),
                refused_401=sums.get("refused_401", 0),
                missed=sums.get("missed", 0),
                last_event=None if last is None else datetime.fromtimestamp((last + 1) * SPAN_S, UTC),
            ),
            tuple(old),
        )

    def drop(self, fields: Sequence[str]) -> None:
        """Forget old counts."""
        if fields:
            self._redis.hdel(self._key, *fields)
