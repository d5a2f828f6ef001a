"""Credit that a person grants to a rep: it moves the book and tells the ledger in one step."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
import redis

from router.store.keys import Keys
from router.store.scripts import script


class Credits:
    """The grants of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._keys = keys
        self._credit = script(client, "credit")

    def grant(self, changes: Mapping[str, int], *, version: int, event: Mapping[str, str]) -> bool:
        """Add to the book's fields and record the event; False if the book has changed since `version`.

        The event belongs to no contact: in the ledger its contact id is "".
        """
        deltas = {name: str(delta) for name, delta in changes.items()}
        asked = [version, orjson.dumps(deltas), orjson.dumps(dict(event))]
        return bool(self._credit(keys=[self._keys.book, self._keys.outbox], args=asked))
