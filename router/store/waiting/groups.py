"""The groups of queued leads for which a rep is searched: their leads by rank, and when each is looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import cast

import orjson
import redis
from msgspec import Struct

from router.store.keys import Keys
from router.store.scripts import script


class RepsSeen(Struct, frozen=True):
    """What the reps could take at `at_ms` (epoch ms), under the rules of `revision`.

    `reps` names for each rep every way in which a lead could reach the rep; see
    `policy.waiting.rep_openings`.
    """

    at_ms: int
    revision: str
    reps: Mapping[str, Collection[str]]


class WaitingGroups:
    """The groups of one portal's queued leads, by name.

    A lead that left its queue stays in its group until the group is looked at; it is told by its state.
    """

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._forget = script(client, "waiting/forget_group")

    def join(self, groups: Mapping[str, Mapping[str, int]], *, now_ms: int) -> None:
        """Add leads (contact id → rank in the queue) to their groups; a new group is due now."""
        if not groups:
            return
        with self._redis.pipeline() as pipeline:
            for name, ranks in groups.items():
                pipeline.zadd(self._keys.waiting_group(name), dict(ranks))
                pipeline.zadd(self._keys.waiting_groups, {name: now_ms}, nx=True)
            pipeline.execute()

    def is_due(self, *, now_ms: int, every_ms: int) -> bool:
        """True if a group is due, or leads wait and the reps were not looked at for `every_ms`."""
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.zcard(self._keys.waiting_groups)
            pipeline.zcount(self._keys.waiting_groups, "-inf", now_ms)
            pipeline.hget(self._keys.waiting_reps, "at")
            groups, due, at_ms = pipeline.execute()
        return bool(groups) and (bool(due) or now_ms - int(at_ms or 0) >= every_ms)

    def due(self, *, now_ms: int, limit: int) -> tuple[str, ...]:
        """Names of the groups that are due, longest due first."""
        found = self._redis.zrangebyscore(self._keys.waiting_groups, "-inf", now_ms, start=0, num=limit)
        return tuple(cast("list[str]", found))

    def names(self) -> tuple[str, ...]:
        """Names of all groups."""
        return tuple(cast("list[str]", self._redis.zrange(self._keys.waiting_groups, 0, -1)))

    def leads(self, places: Mapping[str, tuple[int, int]]) -> dict[str, list[tuple[str, int]]]:
        """Contact ids with their ranks, smallest first: by group, from a place on, at most so many."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for name, (start, count) in places.items():
                pipeline.zrange(self._keys.waiting_group(name), start, start + count - 1, withscores=True)
            rows = cast("list[list[tuple[str, float]]]", pipeline.execute())
        return {
            name: [(row[0], int(row[1])) for row in found] for name, found in zip(places, rows, strict=True)
        }

    def leave(self, groups: Mapping[str, Sequence[str]]) -> None:
        """Take leads out of their groups; a group without leads is forgotten."""
        for name, ids in groups.items():
            if ids:
                self._redis.zrem(self._keys.waiting_group(name), *ids)
            names = [self._keys.waiting_groups, self._keys.waiting_group(name)]
            self._forget(keys=names, args=[name])

    def look_again(self, at_ms: Mapping[str, int]) -> None:
        """Look at these groups again at these times; a group that was forgotten stays so."""
        if at_ms:
            self._redis.zadd(self._keys.waiting_groups, dict(at_ms), xx=True)

    def reps_seen(self) -> RepsSeen | None:
        """What the reps could take at the last look; None before the first."""
        found = cast("dict[str, str]", self._redis.hgetall(self._keys.waiting_reps))
        if not found:
            return None
        return RepsSeen(int(found["at"]), found["revision"], orjson.loads(found["reps"]))

    def note_reps(self, seen: RepsSeen) -> None:
        """Remember what the reps can take."""
        reps = orjson.dumps({rep: sorted(openings) for rep, openings in seen.reps.items()}).decode()
        with self._redis.pipeline() as pipeline:
            pipeline.hset(self._keys.waiting_reps, "at", seen.at_ms)
            pipeline.hset(self._keys.waiting_reps, "revision", seen.revision)
            pipeline.hset(self._keys.waiting_reps, "reps", reps)
            pipeline.execute()

    def forget(self, contact_ids: Iterable[str]) -> None:
        """Take leads out of every group, whichever they are in."""
        ids = list(contact_ids)
        self.leave(dict.fromkeys(self.names(), ids) if ids else {})
