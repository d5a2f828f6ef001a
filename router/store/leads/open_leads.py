"""The rep with whom each lead counts as open, kept up to date as HubSpot reports changes.

The book of shares holds how many leads each rep has open (`open:<rep>`). A commit adds the lead it gives; the
lead's hash remembers under which field it counts (`op`, "" for nobody), so that every later step takes away
exactly what was added. Searches every five minutes put the counts right (see routing/people/open_counts.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final, cast

import orjson
import redis

from router.store import lead_fields
from router.store.keys import Keys
from router.store.scripts import script
from router.timestamps import in_ms

LATELY: Final = timedelta(minutes=1)
"""Changes of this age may still be unknown to HubSpot's search."""
OPEN: Final = "open:"
"""Prefix of the book's fields that count open leads."""


class OpenLeads:
    """The open counts of one portal, and the field under which each lead counts."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._recount = script(client, "leads/recount")

    def recount(self, places: Mapping[str, tuple[int, str]], *, now_ms: int, moves_book: bool = True) -> int:
        """Count each lead (id → episode, field of the book or "") there from now on; return how many moved.

        Without `moves_book` the fields are noted and the counts stay, for a search that has counted them
        already.
        """
        if not places:
            return 0
        asked = {
            "now": now_ms,
            "lately": in_ms(LATELY),
            "moves_book": moves_book,
            "leads": [[contact_id, episode, field] for contact_id, (episode, field) in places.items()],
        }
        names = [self._keys.book, self._keys.moved, *(self._keys.lead(one) for one in places)]
        return int(self._recount(keys=names, args=[orjson.dumps(asked)]))

    def moved_lately(self, *, now_ms: int) -> tuple[str, ...]:
        """Contact ids that were recounted within the last minute."""
        since = now_ms - in_ms(LATELY)
        return tuple(cast("list[str]", self._redis.zrangebyscore(self._keys.moved, since, "+inf")))

    def places(self, contact_ids: Collection[str]) -> dict[str, str]:
        """Field of the book under which each of these leads counts; leads without a known one are absent."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for contact_id in contact_ids:
                pipeline.hget(self._keys.lead(contact_id), lead_fields.OPEN_WITH)
            found = cast("list[str | None]", pipeline.execute())
        return {one: field for one, field in zip(contact_ids, found, strict=True) if field is not None}


def parts_of(paid: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int], str]:
    """A decision's other additions to the book, its additions to open counts, and the open count it joins."""
    rest: dict[str, int] = {}
    opens: dict[str, int] = {}
    joins = ""
    for name, change in paid.items():
        if not name.startswith(OPEN):
            rest[name] = change
            continue
        opens[name] = change
        if change >= 0 and not joins:
            joins = name
    return rest, opens, joins
