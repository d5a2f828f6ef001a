"""The list of running drains, which tells whether another wake-up would help."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import redis

from router.store.inbox.inbox import BATCH, BATCHES_PER_DRAIN, GROUP
from router.store.keys import Keys
from router.store.scripts import script
from router.timestamps import in_ms

LEASE: Final = timedelta(seconds=3)
"""Time after which a drain that has not renewed its lease counts as dead."""


class Drains:
    """The drains of one portal. A drain ends only when nothing waits, in one step with the check."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._begin = script(client, "drains/drain_begin")
        self._rest = script(client, "drains/drain_rest")
        self._wake = script(client, "drains/drain_wake")
        self._lease_ms = in_ms(LEASE)

    def begin(self, name: str) -> bool:
        """Start a drain, and allow another wake-up; True if one more drain would help now."""
        return self._at_work(name, starts=True)

    def keep(self, name: str) -> bool:
        """Renew the drain's lease; True if one more drain would help now."""
        return self._at_work(name, starts=False)

    def _at_work(self, name: str, *, starts: bool) -> bool:
        keys = [self._keys.drains, self._keys.awake, self._keys.inbox]
        return bool(
            self._begin(keys=keys, args=[name, self._lease_ms, int(starts), BATCH * BATCHES_PER_DRAIN])
        )

    def rest(self, name: str) -> bool:
        """End the drain if nothing waits; False if something does."""
        keys = [self._keys.drains, self._keys.inbox, self._keys.inbox_low]
        return bool(self._rest(keys=keys, args=[name, GROUP]))

    def leave(self, name: str) -> None:
        """End the drain although leads may wait, because its process has to stop."""
        self._redis.zrem(self._keys.drains, name)

    def should_wake(self) -> bool:
        """True if no drain is running and no wake-up is on its way; the caller then sends one."""
        return bool(self._wake(keys=[self._keys.drains, self._keys.awake], args=[]))
