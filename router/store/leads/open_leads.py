"""With whom each lead counts as open, moved in the moment that HubSpot tells of it.

The book of shares holds how many leads each rep has open (`open:<rep>`). A commit adds the lead it gives;
the lead's hash remembers with whom it counts (`op`, "" for nobody), so that whatever happens to it later
takes away exactly what was added. Every five minutes a search puts the counts right (see refresh.py).
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
"""Moves of this age may still be unknown to HubSpot's search."""
OPEN: Final = "open:"
"""What the names of these fields of the book begin with."""


class OpenLeads:
    """With whom the leads of one portal count as open."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._recount = script(client, "leads/recount")

    def recount(self, places: Mapping[str, tuple[int, str]], *, now_ms: int, moves_book: bool = True) -> int:
        """Count each lead (id → episode, field of the book or "") there from now on; how many moved.

        Without `moves_book` the places are noted and the counts stay, for a search that knows them already.
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
        """Contact ids whose place moved within the last minute."""
        since = now_ms - in_ms(LATELY)
        return tuple(cast("list[str]", self._redis.zrangebyscore(self._keys.moved, since, "+inf")))

    def places(self, contact_ids: Collection[str]) -> dict[str, str]:
        """Where each of these leads counts; those whose place is not known are left out."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for contact_id in contact_ids:
                pipeline.hget(self._keys.lead(contact_id), lead_fields.OPEN_WITH)
            found = cast("list[str | None]", pipeline.execute())
        return {one: field for one, field in zip(contact_ids, found, strict=True) if field is not None}


def parts_of(paid: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int], str]:
    """What a decision adds to the book beside open counts, what to open counts, and whose count it joins."""
    opens = {name: change for name, change in paid.items() if name.startswith(OPEN)}
    rest = {name: change for name, change in paid.items() if name not in opens}
    return rest, opens, next((name for name, change in opens.items() if change >= 0), "")
