"""The leads that wait to be routed: two streams with one consumer group, and its claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

import redis
from msgspec import Struct

from router.deadlines import LEASE
from router.store.keys import Keys
from router.store.scripts import KeptScript, script
from router.timestamps import in_ms

GROUP: Final = "routers"
BATCH: Final = 100
"""Leads in a batch: HubSpot takes 100 records per call."""
BATCHES_PER_DRAIN: Final = 8
"""Batches that one drain has in flight at once."""

Answer = TypeVar("Answer")


class InboxEntry(Struct, frozen=True):
    """One announcement that a consumer has claimed; `deliveries` is how often it was claimed, from 1."""

    stream: str
    id: str
    contact_id: str
    occurred_at_ms: int
    deliveries: int


class Waiting(Struct, frozen=True):
    """Number of new leads that wait, and whether low-priority ones do."""

    new: int
    low: bool

    @property
    def is_any(self) -> bool:
        """True if a lead of either kind waits."""
        return self.new > 0 or self.low


class Inbox:
    """The inbox of one portal. Every call is one round trip and raises `redis.RedisError` if Redis fails."""

    def __init__(self, client: redis.Redis, keys: Keys, *, lease: timedelta = LEASE) -> None:
        self._redis = client
        self._keys = keys
        self._lease_ms = in_ms(lease)
        self._append = KeptScript(client, "inbox/append")
        self._note_merged = script(client, "inbox/note_merged")
        self._append_low = script(client, "inbox/append_low")
        self._take = script(client, "inbox/take")
        self._renew = script(client, "inbox/renew")
        self._release = script(client, "inbox/release")
        self._keep = script(client, "inbox/keep")
        self._uncount = script(client, "inbox/uncount")
        self._waiting = script(client, "inbox/waiting")

    def append(
        self,
        created: Sequence[tuple[str, int]],
        erased: Sequence[str] = (),
        ignored: int = 0,
        changed: Sequence[tuple[str, int]] = (),
        deleted: Sequence[str] = (),
        touched: Sequence[tuple[str, str]] = (),
        *,
        foreign: int = 0,
        now_ms: int = 0,
    ) -> bool:
        """Add announced contacts (id, occurred at in epoch ms); True if the caller should send a wake-up.

        Changed contacts (id, changed at in epoch ms) are noted for housekeeping if they are leads of ours,
        and ignored otherwise; `deleted` are those of them whose deletion HubSpot has announced.
        `touched` are contacts with a property that changed: a lead that waits for its facts is announced
        again, one that can be revised is looked at. `foreign` is the number of ignored events that are of
        other portals, `now_ms` our moment (epoch ms).
        """
        keys = self._keys
        leads, others = (" ".join([f"{one} {at_ms}" for one, at_ms in pairs]) for pairs in (created, changed))
        arguments: list[str | int] = [BATCH * BATCHES_PER_DRAIN, ignored, foreign, leads, others]
        facts = " ".join([f"{one} {name}" for one, name in touched if _is_plain(name)])
        arguments += [keys.lead(""), " ".join(deleted), facts, now_ms, *erased]
        names = [keys.inbox, keys.erasures, keys.counts, keys.drains, keys.awake, keys.changed, keys.recent]
        names += [keys.listened, keys.settling, keys.revise]
        return bool(self._append(names, arguments))

    def note_merged(self, contact_ids: Sequence[str], *, now_ms: int) -> int:
        """Note leads of ours whose contacts HubSpot has merged into others; return how many were noted."""
        if not contact_ids:
            return 0
        keys = self._keys
        names = [keys.merged, keys.erasures, *(keys.lead(one) for one in contact_ids)]
        return int(self._note_merged(keys=names, args=[now_ms, *contact_ids]))

    def append_low(self, contact_ids: Iterable[str], *, now_ms: int) -> int:
        """Add contacts that housekeeping found, unless they wait there already; return how many were added.

        They are routed when no new lead waits.
        """
        ids = list(contact_ids)
        if not ids:
            return 0
        return int(self._append_low(keys=[self._keys.inbox_low, self._keys.low_ids], args=[now_ms, *ids]))

    def take(
        self, consumer: str, *, limit: int = BATCH, reclaim: bool = True, low: bool = True, now_ms: int = 0
    ) -> tuple[InboxEntry, ...]:
        """Claim up to `limit` entries for `consumer`: abandoned ones first, then new, then the low-priority
        stream. New are also the leads whose wait for their facts is over at `now_ms` (epoch ms; 0: none).
        """
        lease_ms = self._lease_ms if reclaim else 0
        streams = (self._keys.inbox, self._keys.inbox_low)
        names, lead = [*streams, self._keys.settling], self._keys.lead("")
        args = [GROUP, consumer, limit, lease_ms, int(low), now_ms, lead]
        rows = self._with_group(lambda: self._take(keys=names, args=args))
        return tuple(
            InboxEntry(streams[int(number) - 1], entry_id, contact_id, int(occurred), int(deliveries))
            for number, entry_id, contact_id, occurred, deliveries in rows
        )

    def acknowledge(self, entries: Sequence[InboxEntry]) -> None:
        """Acknowledge and delete entries whose lead is finished already."""
        with self._redis.pipeline() as pipeline:
            for entry in entries:
                pipeline.xack(entry.stream, GROUP, entry.id)
                pipeline.xdel(entry.stream, entry.id)
                if entry.stream == self._keys.inbox_low:
                    pipeline.hdel(self._keys.low_ids, entry.contact_id)
            pipeline.execute()

    def renew(self, consumer: str, entries: Sequence[InboxEntry]) -> frozenset[str]:
        """Renew our claims for another lease; return the entry ids that another consumer has taken over."""
        lost: set[str] = set()
        for stream in {entry.stream for entry in entries}:
            ids = [entry.id for entry in entries if entry.stream == stream]
            lost.update(self._with_group(lambda: self._renew(keys=[stream], args=[GROUP, consumer, *ids])))  # noqa: B023 - called at once
        return frozenset(lost)

    def keep(self, consumer: str, entries: Sequence[InboxEntry]) -> None:
        """Keep the claims of a batch that takes long; what was given back or taken over stays as it is."""
        for stream in {entry.stream for entry in entries}:
            ids = [entry.id for entry in entries if entry.stream == stream]
            self._keep(keys=[stream], args=[GROUP, consumer, self._lease_ms, *ids])

    def release(self, consumer: str, entries: Sequence[InboxEntry]) -> None:
        """Give our claims back as if never delivered; the leads are claimed again once calls may go out."""
        for stream in {entry.stream for entry in entries}:
            rows = [part for one in entries if one.stream == stream for part in (one.id, one.deliveries)]
            self._release(keys=[stream], args=[GROUP, consumer, self._lease_ms, *rows])

    def uncount(self, consumer: str, entries: Sequence[InboxEntry]) -> None:
        """Keep our claims, but do not count this delivery: it says nothing about the leads."""
        for stream in {entry.stream for entry in entries}:
            ids = [entry.id for entry in entries if entry.stream == stream]
            self._uncount(keys=[stream], args=[GROUP, consumer, *ids])

    def waiting(self, *, limit: int = BATCH, now_ms: int = 0) -> Waiting:
        """What no consumer has claimed yet; new leads are counted up to `limit`.

        They include those whose wait for their facts is over at `now_ms` (epoch ms; 0: none).
        """
        keys = [self._keys.settling, self._keys.inbox, self._keys.inbox_low]
        new, low = self._waiting(keys=keys, args=[GROUP, now_ms, limit, 1])
        return Waiting(int(new), bool(low))

    def has_work(self, *, now_ms: int = 0) -> bool:
        """True if an entry waits (see `waiting`), or if a claim has been abandoned."""
        if self.waiting(limit=1, now_ms=now_ms).is_any:
            return True
        for stream in (self._keys.inbox, self._keys.inbox_low):
            if self._with_group(
                lambda: self._redis.xpending_range(stream, GROUP, "-", "+", 1, idle=self._lease_ms)  # noqa: B023 - called at once
            ):
                return True
        return False

    def open(self) -> None:
        """Create the streams and their consumer group if they do not exist. Safe to repeat."""
        for stream in (self._keys.inbox, self._keys.inbox_low):
            try:
                self._redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except redis.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    def forget_idle_consumers(self, *, idle: timedelta = timedelta(hours=1)) -> None:
        """Drop consumers that hold no claim and were silent for `idle` (each process has its own name)."""
        idle_ms = in_ms(idle)
        for stream in (self._keys.inbox, self._keys.inbox_low):
            rows: Any = self._with_group(lambda: self._redis.xinfo_consumers(stream, GROUP))  # noqa: B023 - called at once
            for consumer in rows:
                if consumer["pending"] == 0 and consumer["idle"] > idle_ms:
                    self._redis.xgroup_delconsumer(stream, GROUP, consumer["name"])

    def _with_group(self, ask: Callable[[], Answer]) -> Answer:
        """Ask, and ask again with a new consumer group if an emptied Redis has lost it."""
        try:
            return ask()
        except redis.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            self.open()
            return ask()


def _is_plain(name: str) -> bool:
    """True for a name as HubSpot's properties have; the script takes no other."""
    return name.isascii() and name.replace("_", "").isalnum()
