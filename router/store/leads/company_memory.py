"""Who got the last lead of a company, a mail domain or a mailbox: read here, written by commits only.

Domains and addresses are kept as digests with a salt of the portal's own, so that nobody can read them
back. A memory expires by itself, and goes with the contact that it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from secrets import token_hex
from typing import cast

import orjson
import redis

from router.policy.rules.affinity import Trace
from router.store.keys import Keys
from router.timestamps import from_epoch_ms


@dataclass(frozen=True, slots=True)
class Kept:
    """The owner who got the last lead, when (aware UTC), and which contact it was.

    `before` is the owner who had the contact before that one, if a deleted one came back; "" for nobody.
    """

    owner_id: str
    at: datetime
    contact_id: str
    before: str = ""

    def previous_owner(self, contact_id: str) -> str:
        """Who had the contact, known by its trace, before it became this one; "" for nobody."""
        return self.before if contact_id == self.contact_id else self.owner_id


class Companies:
    """The memories of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys

    def naming(self) -> Callable[[Trace], str]:
        """What tells the Redis key of a trace. Ask for it per batch: an emptied Redis has a new salt."""
        fresh = token_hex(32)
        salt = bytes.fromhex(
            cast("str | None", self._redis.set(self._keys.salt, fresh, nx=True, get=True)) or fresh
        )

        def key(trace: Trace) -> str:
            digest = blake2b(f"{trace.kind} {trace.mark}".encode(), key=salt, digest_size=16)
            return self._keys.company(digest.hexdigest())

        return key

    def recall(self, keys: Iterable[str]) -> dict[str, Kept]:
        """What is remembered under these keys, by key. One round trip.

        Read it after the book: a commit that names the book's version then fails if it has changed since.
        """
        asked = list(dict.fromkeys(keys))
        if not asked:
            return {}
        texts = cast("list[str | None]", self._redis.mget(asked))
        return {key: _kept(text) for key, text in zip(asked, texts, strict=True) if text is not None}


def written_memory(*, owner_id: str, contact_id: str, at_ms: int, before: str = "") -> str:
    """A memory as commits write it; the scripts compare `c` with the contact that is refunded or erased."""
    known = {"o": owner_id, "t": at_ms, "c": contact_id}
    return orjson.dumps(known | {"p": before} if before else known).decode()


def contact_of(text: str | None) -> str | None:
    """From which contact a memory came; None where there is no memory (any more)."""
    return str(orjson.loads(text)["c"]) if text else None


def _kept(text: str) -> Kept:
    memory = orjson.loads(text)
    at = from_epoch_ms(memory["t"])
    return Kept(memory["o"], at, memory["c"], memory.get("p", ""))
