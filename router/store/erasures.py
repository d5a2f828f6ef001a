"""Contacts whose every trace must go, and how it goes from Redis."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from itertools import islice
from typing import Final, cast

import redis

from router.store.companies import contact_of
from router.store.inbox import GROUP
from router.store.keys import Keys
from router.store.scripts import script

SCANNED: Final = 1_000
"""Memories looked at in one round trip."""


class Erasures:
    """The erasures that were asked for. While an id is listed, no decision about it can be committed."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._erase = script(client, "erase")

    def asked_for(self) -> tuple[str, ...]:
        """The contact ids to erase."""
        return tuple(sorted(cast("set[str]", self._redis.smembers(self._keys.erasures))))

    def ask(self, contact_id: str) -> None:
        """Have a contact erased."""
        self._redis.sadd(self._keys.erasures, contact_id)

    def erase(self, contact_id: str) -> None:
        """Purge the contact from Redis and strike it off the list. Safe to repeat."""
        keys = self._keys
        names = [keys.lead(contact_id), keys.inbox, keys.inbox_low, keys.outbox]
        names += [keys.verify, keys.parked, keys.queues, keys.erasures, keys.tended, keys.low_ids]
        names += [keys.changed, keys.moved, keys.watched, keys.overdue, keys.book]
        self._erase(keys=names, args=[contact_id, GROUP, keys.queue("")])

    def forget_companies(self, contact_ids: Collection[str]) -> None:
        """Forget whom the companies' next leads would follow, where these contacts are the reason.

        Looks through all memories: one can outlive the lead that it came from.
        """
        gone = frozenset(contact_ids)
        names = self._redis.scan_iter(match=self._keys.company("*"), count=SCANNED)
        for chunk in iter(lambda: list(islice(names, SCANNED)), []):
            texts = cast("list[str | None]", self._redis.mget(chunk))
            about = [name for name, text in zip(chunk, texts, strict=True) if contact_of(text) in gone]
            if about:
                self._redis.delete(*about)

    def forget_journal(self) -> None:
        """Have the append-only file written anew: the old one still tells what was deleted.

        A hosted Redis may not let us, and keeps its own backups: then its own schedule does it.
        """
        with suppress(redis.ResponseError):
            self._redis.bgrewriteaof()
