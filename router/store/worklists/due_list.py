"""A list of leads that housekeeping has to look at, each with the moment from which it is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import redis

from router.store.scripts import script


class DueList:
    """Leads to look at, in a sorted set of Redis: contact ids, each with when it is due (epoch ms).

    What came onto the list while a lead was looked at is never taken off it: entries leave, or are put off,
    only with the moment with which they were read.
    """

    def __init__(self, client: redis.Redis, key: str) -> None:
        self._redis = client
        self._key = key
        self._looked_at = script(client, "worklists/looked_at")

    def is_due(self, *, now_ms: int) -> bool:
        """True if some lead has to be looked at."""
        return bool(self._redis.zcount(self._key, "-inf", now_ms))

    def due(self, *, now_ms: int, limit: int) -> dict[str, int]:
        """Contact ids to look at, longest due first, each with the moment it is due for (epoch ms)."""
        rows = self._redis.zrangebyscore(self._key, "-inf", now_ms, start=0, num=limit, withscores=True)
        return {contact_id: int(due) for contact_id, due in cast("list[tuple[str, float]]", rows)}

    def looked_at(self, due: Mapping[str, int]) -> None:
        """Take leads off the list, unless they came onto it again since `due` was read."""
        self._ask([(contact_id, at_ms, 0) for contact_id, at_ms in due.items()])

    def put_off(self, due: Mapping[str, int], *, until_ms: Mapping[str, int]) -> None:
        """Look at these leads again at a later moment each, unless they came onto the list meanwhile."""
        self._ask([(contact_id, due[contact_id], at_ms) for contact_id, at_ms in until_ms.items()])

    def look_again(self, contact_ids: Iterable[str], *, at_ms: int) -> None:
        """Look at these leads at `at_ms`."""
        later = dict.fromkeys(contact_ids, at_ms)
        if later:
            self._redis.zadd(self._key, later)

    def moment_of(self, contact_id: str) -> int | None:
        """When the lead is due to be looked at (epoch ms), or None."""
        due = self._redis.zscore(self._key, contact_id)
        return None if due is None else int(due)

    def length(self) -> int:
        """Number of leads that wait."""
        return self._redis.zcard(self._key)

    def _ask(self, leads: list[tuple[str, int, int]]) -> None:
        if leads:
            self._looked_at(keys=[self._key], args=[part for lead in leads for part in lead])
