"""The contacts of the portal that were written last: whether HubSpot takes writes at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, cast

import redis
from msgspec import Struct

from router.store.keys import Keys
from router.timestamps import in_ms

KEPT: Final = 2
"""Contacts kept: of two different ones, at least one is another contact than the lead in question."""
REMEMBERED: Final = timedelta(hours=1)


class LastWrites(Struct, frozen=True):
    """When the contacts written last were written, epoch milliseconds by contact id; at most two."""

    at_ms: dict[str, int]

    def besides(self, contact_id: str) -> int:
        """The last write to any other contact, epoch milliseconds; 0 if none is remembered."""
        return max((at for one, at in self.at_ms.items() if one != contact_id), default=0)


class RecentWrites:
    """Remembers for an hour which contacts were written last, for all processes of the portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._key = keys.recent_writes

    def note(self, contact_ids: Sequence[str], *, now_ms: int) -> None:
        """Note contacts that HubSpot certainly wrote just now."""
        if not contact_ids:
            return
        with self._redis.pipeline() as pipeline:
            pipeline.zadd(self._key, dict.fromkeys(contact_ids[-KEPT:], now_ms))
            pipeline.zremrangebyrank(self._key, 0, -KEPT - 1)
            pipeline.pexpire(self._key, in_ms(REMEMBERED))
            pipeline.execute()

    def read(self) -> LastWrites:
        """The last writes, in one round trip."""
        rows = cast("list[tuple[str, float]]", self._redis.zrange(self._key, 0, -1, withscores=True))
        return LastWrites({contact_id: int(at) for contact_id, at in rows})
