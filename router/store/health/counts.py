"""Counters for the metrics, shared by all processes of a portal."""

from __future__ import annotations

import redis
import structlog

from router.repeated import repeated
from router.store.keys import Keys


class Counts:
    """Adds to the portal's counters. A count that Redis cannot take is lost, with a warning."""

    def __init__(self, client: redis.Redis, keys: Keys, *, log: structlog.stdlib.BoundLogger) -> None:
        self._redis = client
        self._key = keys.counts
        self._log = log

    def hubspot_call(self, *, records: int, status: int, took_s: float) -> None:
        """Count one call: its records, its HTTP status (0: no answer) and its time in seconds."""
        ended_well = 200 <= status < 300
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.hincrby(self._key, "hubspot_calls", 1)
                pipeline.hincrby(self._key, "hubspot_records", records)
                pipeline.hincrby(self._key, "hubspot_call_ms", round(took_s * 1000))
                if not ended_well:
                    pipeline.hincrby(self._key, "hubspot_calls_failed", 1)
                pipeline.execute()
        except redis.RedisError as error:
            repeated.say(self._log, "count.lost", problem=type(error).__name__, why=str(error))
