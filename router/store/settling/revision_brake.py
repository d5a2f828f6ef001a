"""The brake of revisions: how many leads they moved lately, and whether a person has to let them go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, cast

import orjson
import redis
from msgspec import Struct

from router.plain import as_plain
from router.store.keys import Keys
from router.timestamps import in_ms

COUNTED: Final = timedelta(hours=1)
"""Time for which a lead that a revision moved is counted."""
_MINUTE_MS: Final = 60_000


class RevisionsHeld(Struct, frozen=True):
    """The brake holds since `since` (ISO): `moves` leads would have moved within an hour, `limit` may."""

    since: str
    moves: int
    limit: int


class RevisionBrake:
    """The brake of one portal. Moves are counted by the minute, without contact ids."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys

    def note(self, moves: int, *, now_ms: int) -> None:
        """Count leads that revisions move now; counts of earlier hours are dropped."""
        minute = now_ms // _MINUTE_MS
        rows = cast("dict[str, str]", self._redis.hgetall(self._keys.revised))
        old = [one for one in rows if not _is_counted(int(one), now_ms)]
        with self._redis.pipeline() as pipeline:
            pipeline.hincrby(self._keys.revised, str(minute), moves)
            if old:
                pipeline.hdel(self._keys.revised, *old)
            pipeline.execute()

    def moved_lately(self, *, now_ms: int) -> int:
        """Number of leads that revisions moved within the last hour."""
        rows = cast("dict[str, str]", self._redis.hgetall(self._keys.revised))
        return sum(int(count) for minute, count in rows.items() if _is_counted(int(minute), now_ms))

    def hold(self, held: RevisionsHeld) -> None:
        """Let no revision move a lead until `release`. The first hold stands."""
        self._redis.set(self._keys.revision_brake, orjson.dumps(as_plain(held)), nx=True)

    def held(self) -> RevisionsHeld | None:
        """Why and since when revisions move no lead, or None."""
        text = cast("str | None", self._redis.get(self._keys.revision_brake))
        return RevisionsHeld(**orjson.loads(text)) if text else None

    def release(self) -> None:
        """Let revisions go on, for an hour without limit."""
        with self._redis.pipeline() as pipeline:
            pipeline.delete(self._keys.revision_brake)
            pipeline.set(self._keys.revisions_released, "1", px=in_ms(COUNTED))
            pipeline.execute()

    def is_released(self) -> bool:
        """True within an hour after a person let revisions go on."""
        return bool(self._redis.exists(self._keys.revisions_released))


def _is_counted(minute: int, now_ms: int) -> bool:
    return (minute + 1) * _MINUTE_MS > now_ms - in_ms(COUNTED)
