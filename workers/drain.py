"""Draining the inbox: waiting leads are routed in a few parallel batches until none waits."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import structlog

from router.bootstrap import ProcessContext
from router.deadlines import CLAIM_HELD_FOR, LEASE
from router.hubspot.api.errors import NotFound, Refused
from router.repeated import Level, repeated
from router.routing.intake.route import ALONE_FROM, Routed, batches_of, priority_of, route
from router.routing.intake.transitions.parking import fault_of
from router.routing.portal.services import Services
from router.store.inbox.inbox import BATCH, BATCHES_PER_DRAIN, InboxEntry, Waiting
from workers import process
from workers.outcomes import Snooze, fate_of

LONGEST_S: Final = 30.0
"""Seconds after which a drain ends and wakes its successor, so that RQ sees its jobs come and go."""
LAST_BATCHES_S: Final = 9.0
"""Seconds that a process which has to stop waits for the batches in flight."""
LOOK_S: Final = 0.01
"""Poll interval in seconds, times the batches in flight; a finished batch is noticed at once."""
LINGER_S: Final = 0.25
TIGHT: Final = 0.85
"""Share of the call budget above which a batch waits a moment to fill up; housekeeping alone uses less."""
LOW_BATCHES: Final = 2
"""Low-priority batches that a drain has in flight at once: they may wait long for the call budget."""
LOW_ENDS_S: Final = 21.0
"""Seconds, a little more than such a batch waits for the budget; new leads are taken meanwhile."""
KEEP_S: Final = 1.0
KEEP_CLAIMS_S: Final = LEASE.total_seconds() / 3
MISFIT_FROM: Final = 3
"""Single leads that HubSpot refuses to read, and none written lately: rule files and portal do not fit."""


@dataclass(slots=True)
class Flight:
    """One batch at work: its slot, its claims, when it began, and when they were last kept (monotonic s)."""

    slot: int
    consumer: str
    entries: Sequence[InboxEntry]
    began: float
    kept_at: float


@dataclass(slots=True)
class Drain:
    """One running drain. `pool` has `BATCHES_PER_DRAIN` threads and outlives the drain."""

    context: ProcessContext
    pool: Executor
    in_flight: dict[Future[Routed], Flight] = field(default_factory=dict)
    low: set[Future[Routed]] = field(default_factory=set)
    """Those in_flight that carry no new lead."""
    not_before: float = 0.0
    low_not_before: float = 0.0
    kept_at: float = 0.0
    looked_at: float = -KEEP_S
    low_looked_at: float = -KEEP_S
    """The last looks for abandoned claims, of new leads alone and of all."""
    leads: int = 0

    @property
    def name(self) -> str:
        """The name of this consumer, unique among all hosts."""
        return self.context.progress.name

    def run(self) -> int:
        """Route until no lead waits or 30 s are over; the number of leads. Raises bugs and Redis errors.

        New leads never wait behind housekeeping: they are also taken while its last batches finish.
        """
        ends_at = time.monotonic() + LONGEST_S
        self._bring_help(self.context.services.store.drains.begin(self.name))
        try:
            while self._goes_on(ends_at) and not process.stopping():
                self._keep()
                self._collect(patience_s=LOOK_S * len(self.in_flight))
                if time.monotonic() < self.not_before:
                    if not self.in_flight and self.not_before > ends_at:
                        break
                    process.pause_s(LOOK_S)
                elif not self._take_next(ends_at) and not self.in_flight:
                    if self.context.services.store.drains.rest(self.name):
                        return self.leads
                    process.pause_s(LOOK_S)
            self._collect_all()
        finally:
            self.context.services.store.drains.leave(self.name)
        return self.leads

    def _keep(self) -> None:
        if time.monotonic() - self.kept_at > KEEP_S:
            self.kept_at = time.monotonic()
            self._keep_claims()
            self._bring_help(self.context.services.store.drains.keep(self.name))
            if self._is_held():
                self.not_before = self.low_not_before = self.kept_at + 2 * KEEP_S

    def _is_held(self) -> bool:
        """True while no lead may be taken: our clock is wrong, or the ledger is far behind."""
        context = self.context
        waiting = context.services.store.outbox.length()
        if context.clock_guard.may_take() and waiting < context.most_waiting:
            return False
        why = "the outbox is full" if waiting >= context.most_waiting else "the clock is wrong"
        ahead_s = context.clock_guard.read().ahead_s
        repeated.say(
            context.services.log,
            "intake.held",
            problem=why,
            level="error",
            why=why,
            outbox=waiting,
            ahead_of_hubspot_s=ahead_s,
        )
        return True

    def _keep_claims(self) -> None:
        """Keep the claims of batches that take long: their leads would be routed twice, their tries counted.

        Not for ever: a batch that never ends loses its leads to another worker after five leases.
        """
        now = time.monotonic()
        for flight in self.in_flight.values():
            if now - flight.kept_at >= KEEP_CLAIMS_S and now - flight.began < CLAIM_HELD_FOR.total_seconds():
                flight.kept_at = now
                self.context.services.store.inbox.keep(flight.consumer, flight.entries)

    def _bring_help(self, helps: bool) -> None:
        """Wake one more worker if more leads wait than the running workers can carry."""
        if helps:
            self.context.wake_ups.drain()

    def _goes_on(self, ends_at: float) -> bool:
        now = time.monotonic()
        return now < ends_at or (bool(self.low) and now < ends_at + LOW_ENDS_S)

    def _take_next(self, ends_at: float) -> bool:
        """Start the next batch, new leads first; False if no lead waits, or all slots are busy."""
        if len(self.in_flight) >= BATCHES_PER_DRAIN:
            return False
        waiting = self.context.services.store.inbox.waiting(
            limit=BATCH, now_ms=self.context.services.now_ms()
        )
        if not waiting.is_any and not self._may_reclaim(low=True):
            return False  # with one question to Redis: in most looks nothing waits
        if self._is_paused():
            return False
        if self._may_take(waiting) and self._take(low=False):
            return True
        return self._may_take_low(waiting, ends_at) and self._take(low=True)

    def _is_paused(self) -> bool:
        """True while no call may go out; nothing is taken for a second at most."""
        services = self.context.services
        pause = services.hubspot.budget.paused()
        if pause is None:
            return False
        left_s = (pause.until - services.clock()).total_seconds()
        self.not_before = time.monotonic() + min(1.0, max(0.05, left_s))
        return True

    def _may_take(self, waiting: Waiting) -> bool:
        """True if a batch of new leads may start now.

        Idle: at once. With batches in flight: a full batch, or one second batch while calls are plenty.
        """
        new_in_flight = len(self.in_flight) - len(self.low)
        if waiting.new == 0:
            return self._may_reclaim(low=False)
        if waiting.new >= BATCH:
            return True
        if self.context.services.hubspot.budget.tightness() >= TIGHT:
            return self._filled_up(new_in_flight)
        return new_in_flight <= 1

    def _may_reclaim(self, *, low: bool) -> bool:
        """True once a second, to look for abandoned claims; each such look reads all claims.

        With `low` for claims of all leads, else of new leads alone.
        """
        return time.monotonic() - (self.low_looked_at if low else self.looked_at) >= KEEP_S

    def _may_take_low(self, waiting: Waiting, ends_at: float) -> bool:
        """True if a low-priority batch may start: only when no new lead waits, and not after the end."""
        now = time.monotonic()
        if waiting.new or len(self.low) >= LOW_BATCHES:
            return False
        if not max(self.not_before, self.low_not_before) <= now < ends_at:
            return False
        return waiting.low or self._may_reclaim(low=True)

    def _filled_up(self, new_in_flight: int) -> bool:
        """Wait for a full batch of new leads while calls are scarce, because each batch costs two calls."""
        ends_at = time.monotonic() + LINGER_S
        services = self.context.services
        while time.monotonic() < ends_at:
            if services.store.inbox.waiting(limit=BATCH, now_ms=services.now_ms()).new >= BATCH:
                return True
            if process.pause_s(LOOK_S):
                return False
        return new_in_flight == 0

    def _take(self, *, low: bool) -> bool:
        slot = min(set(range(BATCHES_PER_DRAIN)) - {flight.slot for flight in self.in_flight.values()})
        consumer = f"{self.name}/{slot}"
        now = time.monotonic()
        reclaim = self._may_reclaim(low=low)
        services = self.context.services
        entries = services.store.inbox.take(consumer, reclaim=reclaim, low=low, now_ms=services.now_ms())
        if reclaim and not any(entry.deliveries > 1 for entry in entries):
            # Where some were abandoned there may be more.
            self.looked_at, self.low_looked_at = now, now if low else self.low_looked_at
        if not entries:
            return False
        future = self.pool.submit(run_batch, self.context.services, entries, consumer=consumer)
        self.in_flight[future] = Flight(slot, consumer, entries, began=now, kept_at=now)
        if all(entry.stream == self.context.services.store.keys.inbox_low for entry in entries):
            self.low.add(future)
        return True

    def _collect(self, *, patience_s: float) -> None:
        if not self.in_flight:
            return
        done, _ = wait(self.in_flight, timeout=patience_s, return_when=FIRST_COMPLETED)
        for future in done:
            del self.in_flight[future]
            is_low = future in self.low
            self.low.discard(future)
            self._look_at(future, is_low=is_low)

    def _look_at(self, future: Future[Routed], *, is_low: bool) -> None:
        try:
            routed = future.result()
        except BatchSnoozed as snoozed:
            until = time.monotonic() + snoozed.wait_s
            if is_low:
                self.low_not_before = max(self.low_not_before, until)
            else:
                self.not_before = max(self.not_before, until)
            return
        self.leads += routed.finished
        self.context.progress.report(f"routed {routed.finished} leads")

    def _collect_all(self) -> None:
        ends_at = time.monotonic() + LAST_BATCHES_S
        while self.in_flight and time.monotonic() < ends_at:
            self._collect(patience_s=max(0.0, ends_at - time.monotonic()))


class BatchSnoozed(Exception):
    """A batch was given back; `wait_s` is the time in seconds until another try makes sense."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"come back in {wait_s:.1f} s")
        self.wait_s = wait_s


def run_batch(services: Services, entries: Sequence[InboxEntry], *, consumer: str) -> Routed:
    """Route claimed entries. Raises `BatchSnoozed` once what is not routed is given back, or the bug.

    What HubSpot refuses to read is divided until the bad leads stand alone: they hold up only themselves. Of
    the leads that travel alone one is routed; the others are given back first, as it may kill this process.
    """
    priority = priority_of(services, entries)
    sums = Routed()
    unreadable: dict[str, Exception] = {}
    batches = batches_of(entries, turn=services.now_ms())
    waiting = [batch for batch in batches if not _is_alone(batch)]
    alone = batches[len(waiting) :]
    services.store.inbox.release(consumer, [*chain(*alone[1:])])
    waiting += alone[:1]
    while waiting:
        batch = waiting.pop(0)
        if batch is not batches[0]:
            batch = _still_ours(services, batch, consumer=consumer)
        if not batch:
            continue
        try:
            sums += route(services, batch, consumer=consumer, priority=priority)
        except (Refused, NotFound) as error:
            halves = _halves(batch)
            waiting[:0] = halves
            if not halves:
                unreadable[batch[0].contact_id] = error
            if len(unreadable) >= MISFIT_FROM and _by_outage(services, unreadable):
                left = [*_of(entries, unreadable), *chain(*waiting)]
                raise _given_back(services, error, left, consumer=consumer) from error
        except Exception as error:
            left = [*_of(entries, unreadable), *batch, *chain(*waiting)]
            raise _given_back(services, error, left, consumer=consumer) from error
    for contact_id, why in unreadable.items():
        services.log.warning("lead.unreadable", contact_id=contact_id, why=str(why))
    if held_up := _by_outage(services, unreadable):
        raise _given_back(services, unreadable[held_up[0]], _of(entries, held_up), consumer=consumer)
    return sums


def _is_alone(batch: Sequence[InboxEntry]) -> bool:
    return any(entry.deliveries >= ALONE_FROM for entry in batch)


def _still_ours(services: Services, batch: list[InboxEntry], *, consumer: str) -> list[InboxEntry]:
    """Renew the claims of a batch that may have waited; entries that others took over are left out."""
    lost = services.store.inbox.renew(consumer, batch)
    return [entry for entry in batch if entry.id not in lost]


def _halves(batch: Sequence[InboxEntry]) -> list[list[InboxEntry]]:
    """The batch in two, by contact; nothing for a single contact."""
    contacts = list(dict.fromkeys(entry.contact_id for entry in batch))
    if len(contacts) < 2:
        return []
    first = set(contacts[: len(contacts) // 2])
    return [[one for one in batch if (one.contact_id in first) is part] for part in (True, False)]


def _of(entries: Sequence[InboxEntry], contact_ids: Collection[str]) -> list[InboxEntry]:
    return [entry for entry in entries if entry.contact_id in contact_ids]


def _by_outage(services: Services, contact_ids: Collection[str]) -> list[str]:
    """The leads whose failure is not their own, because no other contact was written lately."""
    if not contact_ids:
        return []
    last, now = services.store.recent_writes.read(), services.clock()
    return [one for one in contact_ids if fault_of(one, last, now=now) == "outage"]


def _given_back(
    services: Services, error: Exception, entries: Sequence[InboxEntry], *, consumer: str
) -> Exception:
    """The snooze with which the future ends, the leads released for any worker; raises a bug as it is."""
    fate = fate_of(error)
    if not isinstance(fate, Snooze):
        raise error
    log: structlog.stdlib.BoundLogger = services.log
    level: Level = "error" if fate.loud else "info"
    repeated.say(
        log, "batch.snoozed", problem=type(error).__name__, level=level, why=fate.why, leads=len(entries)
    )
    services.store.inbox.release(consumer, entries)
    return BatchSnoozed(fate.wait.total_seconds())
