"""The work of putting open counts right: which reps are still to be counted, and when each was last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, cast

import orjson
import redis

from router.store.keys import Keys

_SEARCHES: Final = "searches"


class OpenCounts:
    """The work list of one portal. A group of reps is counted together; a single rep is put right."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys

    def begin(self, groups: Sequence[Sequence[str]], *, searches: int) -> None:
        """Replace the work list by these groups; groups are split further while `searches` are left."""
        with self._redis.pipeline() as pipeline:
            pipeline.delete(self._keys.open_counts_work)
            if groups:
                pipeline.rpush(
                    self._keys.open_counts_work, *(orjson.dumps(group).decode() for group in groups)
                )
            pipeline.hset(self._keys.open_counts, _SEARCHES, searches)
            pipeline.execute()

    def is_unfinished(self) -> bool:
        """True if some reps are still to be counted."""
        return bool(self._redis.exists(self._keys.open_counts_work))

    def next_group(self) -> tuple[str, ...] | None:
        """The reps to be counted next, together; None when all are."""
        text = cast("str | None", self._redis.lindex(self._keys.open_counts_work, 0))
        return None if text is None else tuple(orjson.loads(text))

    def done(self, then: Sequence[Sequence[str]] = ()) -> int:
        """Take the next group off the list, count its search, put `then` first; the searches left."""
        with self._redis.pipeline() as pipeline:
            pipeline.lpop(self._keys.open_counts_work)
            for group in reversed(then):
                pipeline.lpush(self._keys.open_counts_work, orjson.dumps(group).decode())
            pipeline.hincrby(self._keys.open_counts, _SEARCHES, -1)
            return int(pipeline.execute()[-1])

    def searches_left(self) -> int:
        """Searches after which groups are not split any more."""
        return int(cast("str | None", self._redis.hget(self._keys.open_counts, _SEARCHES)) or 0)

    def drop(self) -> None:
        """Give the work list up; the next refresh begins anew."""
        self._redis.delete(self._keys.open_counts_work)

    def counted(self) -> dict[str, tuple[str, int]]:
        """By rep name, under which owner id the rep was last counted alone, and when (epoch ms)."""
        rows = cast("dict[str, str]", self._redis.hgetall(self._keys.open_counts))
        rows.pop(_SEARCHES, None)
        found = {name.removeprefix("rep:"): text.rpartition(" ") for name, text in rows.items()}
        return {rep: (owner_id, int(at)) for rep, (owner_id, _, at) in found.items()}

    def note_counted(self, rep: str, *, owner_id: str, at_ms: int) -> None:
        """Remember that the rep was counted alone, with the leads of this owner."""
        self._redis.hset(self._keys.open_counts, f"rep:{rep}", f"{owner_id} {at_ms}")

    def forget(self, reps: Collection[str]) -> None:
        """Forget when these reps were counted: their open leads matter no longer."""
        if reps:
            self._redis.hdel(self._keys.open_counts, *(f"rep:{rep}" for rep in reps))

    def of(self, fields: Sequence[str]) -> dict[str, int]:
        """The open counts of the book under these fields."""
        values = cast("list[str | None]", self._redis.hmget(self._keys.book, list(fields)))
        return {field: int(value or 0) for field, value in zip(fields, values, strict=True)}

    def correct(self, changes: Mapping[str, int]) -> None:
        """Add to open counts of the book; what was decided meanwhile stays counted, and is decided again
        where it is under way.
        """
        if not any(changes.values()):
            return
        with self._redis.pipeline() as pipeline:
            for field, change in changes.items():
                pipeline.hincrby(self._keys.book, field, change)
            pipeline.hincrby(self._keys.book, "version", 1)
            pipeline.execute()
