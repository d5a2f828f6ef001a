"""GDPR erasure: the contacts to erase, and deleting them from Redis."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from hashlib import blake2b
from typing import Final, cast

import redis

from router import time_slice
from router.store.inbox.inbox import GROUP
from router.store.keys import Keys
from router.store.leads.company_memory import contact_of
from router.store.scripts import script

LATELY_MS: Final = 20_000
"""Milliseconds, longer than any process takes to carry an entry from the outbox into the ledger."""
SCANNED: Final = 1_000
"""Memories checked in one round trip."""


class Erasures:
    """The requested erasures. While an id is listed, no decision about it can be committed."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._erase = script(client, "repair/erase")

    def asked_for(self) -> tuple[str, ...]:
        """The contact ids to erase."""
        return tuple(sorted(cast("set[str]", self._redis.smembers(self._keys.erasures))))

    def ask(self, contact_id: str) -> None:
        """Request the erasure of a contact."""
        self._redis.sadd(self._keys.erasures, contact_id)

    def erase(self, contact_id: str) -> None:
        """Purge the contact from Redis and take it off the list. Safe to repeat."""
        keys = self._keys
        self._redis.srem(keys.erasures_ready, contact_id)
        names = [keys.lead(contact_id), keys.inbox, keys.inbox_low, keys.outbox]
        names += [keys.verify, keys.parked, keys.queues, keys.erasures, keys.tended, keys.low_ids]
        names += [keys.changed, keys.moved, keys.watched, keys.overdue, keys.book]
        names += [keys.recent_writes, keys.waiting_groups, keys.settling, keys.revise, keys.merged]
        self._erase(keys=names, args=[contact_id, GROUP, keys.queue(""), keys.waiting_group("")])

    def note_erased(self, contact_ids: Iterable[str], *, now_ms: int) -> None:
        """Make processes that carry outbox entries about these contacts drop them: see `erased_lately`."""
        marks = {self._mark(one): now_ms for one in contact_ids}
        with self._redis.pipeline() as pipeline:
            pipeline.zremrangebyscore(self._keys.erased, "-inf", now_ms - LATELY_MS)
            if marks:
                pipeline.zadd(self._keys.erased, marks)
            pipeline.pexpire(self._keys.erased, LATELY_MS)
            pipeline.execute()

    def erased_lately(self, contact_ids: Iterable[str], *, now_ms: int) -> frozenset[str]:
        """Those of these contacts that were erased within the last twenty seconds."""
        ids = list(dict.fromkeys(contact_ids))
        if not ids or not self._redis.exists(self._keys.erased):
            return frozenset()
        scores = self._redis.zmscore(self._keys.erased, [self._mark(one) for one in ids])
        since = now_ms - LATELY_MS
        return frozenset(one for one, at in zip(ids, scores, strict=True) if at is not None and at >= since)

    def _mark(self, contact_id: str) -> str:
        """Salted digest of the id, because the id itself would be a trace."""
        salt = cast("str | None", self._redis.get(self._keys.salt)) or ""
        return blake2b(contact_id.encode(), key=bytes.fromhex(salt), digest_size=16).hexdigest()

    def forget_companies(self, contact_ids: Collection[str]) -> tuple[str, ...]:
        """Delete the memories about companies that came from these contacts; those that have none left.

        It checks all memories, because one can outlive the lead that it came from. What does not fit in the
        time slice goes on with the next call, for the contacts of the first one; others come after them.
        """
        if ready := self._ready(contact_ids):
            return ready
        scan = cast("dict[str, str]", self._redis.hgetall(self._keys.erasures_scan))
        gone = scan["of"].split() if scan else list(contact_ids)
        # A cursor means nothing to another server, or to this one after a restart.
        server = str(cast("dict[str, object]", self._redis.info("server"))["run_id"])
        cursor = int(scan["cursor"]) if scan.get("server") == server else 0
        while cursor := self._forget_some(frozenset(gone), cursor):
            if time_slice.is_over():
                self._redis.hset(
                    self._keys.erasures_scan,
                    mapping={"of": " ".join(gone), "cursor": cursor, "server": server},
                )
                return ()
        with self._redis.pipeline() as pipeline:
            pipeline.sadd(self._keys.erasures_ready, *gone)
            pipeline.delete(self._keys.erasures_scan)
            pipeline.execute()
        return self._ready(contact_ids)

    def _ready(self, contact_ids: Collection[str]) -> tuple[str, ...]:
        ready = cast("set[str]", self._redis.smembers(self._keys.erasures_ready))
        return tuple(sorted(ready & set(contact_ids)))

    def _forget_some(self, gone: frozenset[str], cursor: int) -> int:
        """Check some memories; where to go on, 0 after the last ones."""
        cursor, names = self._redis.scan(cursor, match=self._keys.company("*"), count=SCANNED)
        texts = cast("list[str | None]", self._redis.mget(names)) if names else []
        about = [name for name, text in zip(names, texts, strict=True) if contact_of(text) in gone]
        if about:
            self._redis.delete(*about)
        return int(cursor)

    def forget_journal(self) -> None:
        """Have Redis rewrite its append-only file: the old one still holds what was deleted.

        A hosted Redis may not allow that, and keeps its own backups: then its own schedule does it.
        """
        with suppress(redis.ResponseError):
            self._redis.bgrewriteaof()
