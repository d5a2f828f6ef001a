"""Changes of the book that belong to no lead, such as granted credit, with their event for the ledger."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
import redis

from router.store.keys import Keys
from router.store.scripts import script


class Credits:
    """Changes of one portal's credits and factors."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._keys = keys
        self._credit = script(client, "leads/credit")

    def change(self, changes: Mapping[str, int], *, version: int, event: Mapping[str, object]) -> bool:
        """Add to the book's fields and record the event; False if the book has changed since `version`.

        The event belongs to no contact: in the ledger its contact id is "".
        """
        deltas = {name: str(delta) for name, delta in changes.items()}
        asked = [version, orjson.dumps(deltas), orjson.dumps(dict(event))]
        return bool(self._credit(keys=[self._keys.book, self._keys.outbox], args=asked))
