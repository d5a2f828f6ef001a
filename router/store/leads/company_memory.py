"""The owner of the last lead of a company, mail domain or mailbox: read here, written by commits only.

Domains and addresses are kept as digests with the portal's own salt, so that they cannot be read back. A
memory expires by itself, and is deleted with the contact that it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import blake2b
from secrets import token_hex
from typing import cast

import orjson
import redis
from msgspec import Struct

from router.policy.rules.affinity import Trace
from router.store.keys import Keys
from router.timestamps import from_epoch_ms


class Kept(Struct, frozen=True):
    """The owner of the last lead, the time it was assigned (aware UTC), and its contact.

    `before` is the owner who had the contact before that one, if a deleted contact came back; "" for nobody.
    """

    owner_id: str
    at: datetime
    contact_id: str
    before: str = ""

    def previous_owner(self, contact_id: str) -> str:
        """Owner id of this person's earlier contact, known by its trace; "" for nobody."""
        return self.before if contact_id == self.contact_id else self.owner_id


class Companies:
    """The memories of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys

    def naming(self) -> Callable[[Trace], str]:
        """Return the function from a trace to its Redis key.

        Ask for it per batch: an emptied Redis has a new salt.
        """
        fresh = token_hex(32)
        salt = bytes.fromhex(
            cast("str | None", self._redis.set(self._keys.salt, fresh, nx=True, get=True)) or fresh
        )

        def key(trace: Trace) -> str:
            digest = blake2b(f"{trace.kind} {trace.mark}".encode(), key=salt, digest_size=16)
            return self._keys.company(digest.hexdigest())

        return key

    def recall(self, keys: Iterable[str]) -> dict[str, Kept]:
        """The memories under these keys, by key; keys without one are absent. One round trip.

        Read it after the book: a commit that names the book's version then fails if a memory has changed
        since.
        """
        asked = list(dict.fromkeys(keys))
        if not asked:
            return {}
        texts = cast("list[str | None]", self._redis.mget(asked))
        found = {key: _kept(text) for key, text in zip(asked, texts, strict=True) if text is not None}
        return {key: kept for key, kept in found.items() if kept is not None}


def written_memory(*, owner_id: str, contact_id: str, at_ms: int, before: str = "") -> str:
    """A memory's text, as commits write it.

    The scripts compare `c` with the contact that is refunded or erased.
    """
    known = {"o": owner_id, "t": at_ms, "c": contact_id}
    return orjson.dumps(known | {"p": before} if before else known).decode()


def contact_of(text: str | None) -> str | None:
    """Contact id that a memory came from; None where there is no memory (any more)."""
    return str(orjson.loads(text)["c"]) if text else None


def _kept(text: str) -> Kept | None:
    """The memory, or None: one that cannot be read must not hold up the leads that are decided with it."""
    try:
        memory = orjson.loads(text)
        return Kept(memory["o"], from_epoch_ms(memory["t"]), memory["c"], memory.get("p", ""))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None
