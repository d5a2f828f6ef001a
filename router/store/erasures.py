"""Contacts whose every trace must go, and how it goes from Redis."""

from __future__ import annotations

from contextlib import suppress
from typing import cast

import redis

from router.store.inbox import GROUP
from router.store.keys import Keys
from router.store.scripts import script


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

    def forget_journal(self) -> None:
        """Have the append-only file written anew: the old one still tells what was deleted.

        A hosted Redis may not let us, and keeps its own backups: then its own schedule does it.
        """
        with suppress(redis.ResponseError):
            self._redis.bgrewriteaof()
