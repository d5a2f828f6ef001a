"""The leads that wait for their facts: each with the moment at which it is decided at the latest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import orjson
import redis
from msgspec import Struct

from router.store.inbox.inbox import GROUP, InboxEntry
from router.store.keys import Keys
from router.store.scripts import script
from router.timestamps import from_epoch_ms


class SettlingLead(Struct, frozen=True):
    """One lead that waits until `due_ms`; times are epoch milliseconds.

    `since_ms`: when it was announced. `last_change_ms`: the last change that was known when it was read.
    """

    contact_id: str
    due_ms: int
    since_ms: int
    last_change_ms: int
    waits_for: tuple[str, ...]
    entries: Sequence[InboxEntry] = ()


class SettlingLeads:
    """The waiting leads of one portal. `Inbox.take` takes those that are due; a change brings one back."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._wait = script(client, "settling/wait")

    def wait(self, leads: Sequence[SettlingLead], *, now_ms: int) -> tuple[bool, ...]:
        """Let these leads wait, and acknowledge their entries; False for one that is decided by now."""
        if not leads:
            return ()
        keys = self._keys
        asked = {"now": now_ms, "leads": [_asked(one, low=keys.inbox_low) for one in leads]}
        names = [keys.settling, keys.inbox, keys.inbox_low, keys.low_ids, keys.erasures, keys.counts]
        names += [keys.lead(one.contact_id) for one in leads]
        return tuple(bool(waits) for waits in self._wait(keys=names, args=[GROUP, orjson.dumps(asked)]))

    def next_due_ms(self) -> int | None:
        """When the first waiting lead is decided (epoch ms), or None if none waits."""
        rows = self._redis.zrange(self._keys.settling, 0, 0, withscores=True)
        first = cast("list[tuple[str, float]]", rows)
        return int(first[0][1]) if first else None

    def due_at(self, contact_id: str) -> datetime | None:
        """When a waiting lead is decided at the latest (aware UTC); None if it does not wait (any more)."""
        due_ms = self._redis.zscore(self._keys.settling, contact_id)
        return None if due_ms is None else from_epoch_ms(int(due_ms))

    def length(self) -> int:
        """Number of leads that wait."""
        return self._redis.zcard(self._keys.settling)


def _asked(one: SettlingLead, *, low: str) -> dict[str, object]:
    return {
        "id": one.contact_id,
        "due": one.due_ms,
        "since": one.since_ms,
        "last_change": one.last_change_ms,
        "waits_for": ",".join(one.waits_for),
        "entries": [[2 if entry.stream == low else 1, entry.id] for entry in one.entries],
    }
