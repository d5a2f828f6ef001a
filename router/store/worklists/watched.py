"""The leads that their reps have to work on, and when to check each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

import orjson
import redis
from msgspec import Struct

from router.store.keys import Keys
from router.store.scripts import script
from router.timestamps import from_epoch_ms


class Noted(Struct, frozen=True):
    """Observation of one lead. `look_at_ms`: when to check again, None for never.

    `overdue_since_ms`: since when it is overdue, None if it is not. Steps up to `percent` of the SLA are
    done; `event` is the ledger's event for the moment when it becomes overdue. Times are epoch milliseconds.
    """

    contact_id: str
    episode: int
    percent: int
    look_at_ms: int | None = None
    overdue_since_ms: int | None = None
    event: Mapping[str, str | int | None] | None = None


class WatchedLeads:
    """The leads of one portal that have a rep and that nobody has begun to work on."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._note = script(client, "worklists/watched")

    def is_due(self, *, now_ms: int) -> bool:
        """True if some lead has to be checked."""
        return bool(self._redis.zcount(self._keys.watched, "-inf", now_ms))

    def due(self, *, now_ms: int, limit: int) -> tuple[str, ...]:
        """Contact ids of leads to check, longest due first."""
        found = self._redis.zrangebyscore(self._keys.watched, "-inf", now_ms, start=0, num=limit)
        return tuple(cast("list[str]", found))

    def overdue(self, *, limit: int) -> dict[str, datetime]:
        """Leads that are overdue and since when (aware UTC), longest overdue first."""
        rows = self._redis.zrange(self._keys.overdue, 0, limit - 1, withscores=True)
        return {row[0]: from_epoch_ms(int(row[1])) for row in cast("list[tuple[str, float]]", rows)}

    def note(self, seen: Sequence[Noted]) -> None:
        """Note what was seen. A lead that its rep no longer has, as far as we know, is taken off the list."""
        if not seen:
            return
        names = [self._keys.watched, self._keys.overdue, self._keys.outbox]
        names += [self._keys.lead(one.contact_id) for one in seen]
        self._note(keys=names, args=[orjson.dumps([_asked(one) for one in seen])])

    def look_now(self, contact_ids: Sequence[str], *, now_ms: int) -> None:
        """Check at once those of these leads that are overdue: a rep may have begun on them."""
        if not contact_ids:
            return
        since = self._redis.zmscore(self._keys.overdue, list(contact_ids))
        late = {one: now_ms for one, at in zip(contact_ids, since, strict=True) if at is not None}
        if late:
            self._redis.zadd(self._keys.watched, late, xx=True)

    def let_go(self, contact_ids: Sequence[str]) -> None:
        """Take these leads off the list, and off the list of overdue ones."""
        if contact_ids:
            with self._redis.pipeline() as pipeline:
                pipeline.zrem(self._keys.watched, *contact_ids)
                pipeline.zrem(self._keys.overdue, *contact_ids)
                pipeline.execute()


def _asked(one: Noted) -> dict[str, object]:
    asked: dict[str, object] = {"id": one.contact_id, "episode": one.episode, "percent": one.percent}
    optional = {
        "look_at": one.look_at_ms,
        "overdue_since": one.overdue_since_ms,
        "event": orjson.dumps(one.event).decode() if one.event else None,
    }
    return asked | {name: value for name, value in optional.items() if value is not None}
