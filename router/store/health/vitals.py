"""Reading the state of the service from Redis, and noting there what a web process refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import redis

from router.store.health.answers import reading_of
from router.store.health.questions import ask_all
from router.store.health.reading import VitalsReading
from router.store.health.recent import RecentCounts
from router.store.keys import Keys
from router.store.loading import Loading, loading_of


class Vitals:
    """Reads one portal's Redis in one round trip; `client` decodes its responses.

    `calls_per_day` is the account's limit, as far as the settings know it.
    """

    def __init__(self, client: redis.Redis, keys: Keys, *, calls_per_day: int | None = None) -> None:
        self._redis = client
        self._keys = keys
        self._calls_per_day = calls_per_day
        self._recent = RecentCounts(client, keys)

    def read(self) -> VitalsReading:
        """Read everything, and try to write. Raises `redis.RedisError` if Redis cannot answer."""
        seconds, microseconds = self._redis.time()
        at = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
        found = ask_all(self._redis, self._keys, at)
        reading = reading_of(found, at=at, calls_per_day=self._calls_per_day)
        with suppress(redis.RedisError):  # a replica takes no deletions
            self._recent.drop_old(found["recent"], at=at)
            alive = {one.process for one in reading.progress}
            self._forget([one for one in found["progress"] if one not in alive])
        return reading

    def read_if_possible(self) -> VitalsReading | Loading | None:
        """The reading; how far Redis is with loading; or None if Redis does not answer."""
        try:
            return self.read()
        except redis.BusyLoadingError:
            try:
                return loading_of(self._redis)
            except redis.RedisError:
                return Loading()
        except redis.RedisError:
            return None

    def probe(self) -> None:
        """Write a little. Raises `redis.RedisError` if Redis takes no delivery now."""
        self._redis.set(self._keys.health_probe, "1", ex=60)

    def note_refusal(self, status: int, *, times: int = 1) -> None:
        """Count deliveries that were answered with `status`. Raises `redis.RedisError`."""
        self._redis.hincrby(self._keys.counts, f"refused_{status}", times)
        self._recent.note(f"refused_{status}", times)

    def _forget(self, gone: list[str]) -> None:
        """Drop the progress and the observations of processes that are gone."""
        if not gone:
            return
        self._redis.hdel(self._keys.progress, *gone)
        fields = [str(one) for one in self._redis.hkeys(self._keys.observations)]
        stale = [one for one in fields if one.partition(" ")[2] in gone]
        if stale:
            self._redis.hdel(self._keys.observations, *stale)
