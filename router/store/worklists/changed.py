"""Leads that people worked on in HubSpot, and that housekeeping has not looked at yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import redis

from router.store.keys import Keys
from router.store.scripts import script


class Changed:
    """The changed leads of one portal; the receiver adds each of them once (see append.lua)."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._key = keys.changed
        self._looked_at = script(client, "worklists/looked_at")

    def due(self, *, now_ms: int, limit: int) -> dict[str, int]:
        """Contact ids to look at, longest due first, each with the moment it is due for (epoch ms)."""
        rows = self._redis.zrangebyscore(self._key, "-inf", now_ms, start=0, num=limit, withscores=True)
        return {contact_id: int(due) for contact_id, due in cast("list[tuple[str, float]]", rows)}

    def looked_at(self, due: Mapping[str, int]) -> None:
        """Take leads off the list, unless they changed again since `due` was read."""
        if due:
            self._looked_at(keys=[self._key], args=[part for pair in due.items() for part in pair])

    def look_again(self, contact_ids: Iterable[str], *, at_ms: int) -> None:
        """Look at these again at `at_ms`, because nothing can be said of them yet."""
        later = dict.fromkeys(contact_ids, at_ms)
        if later:
            self._redis.zadd(self._key, later)

    def length(self) -> int:
        """Number of leads that wait."""
        return self._redis.zcard(self._key)
