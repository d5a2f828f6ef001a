"""Drain the inbox: take whatever waits now, keep a few batches in the air, end when nothing waits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from router.bootstrap import Office
from router.routing.desk import Desk
from router.routing.route import Routed, route
from router.store.inbox import BATCH, FLIGHTS_PER_DRAIN, Entry
from workers import office as process
from workers.outcomes import Snooze, fate_of

LONGEST_S: Final = 30.0
"""A drain ends after this long and wakes its successor, so that RQ sees its jobs come and go."""
LAST_FLIGHTS_S: Final = 9.0
"""How long a process that has to stop waits for the batches in the air."""
LOOK_S: Final = 0.01
"""Between two looks for more, for each flight in the air: one that lands is noticed at once anyway."""
LINGER_S: Final = 0.25
TIGHT: Final = 0.85
"""From this share of the call budget on, a batch waits a moment to fill up; housekeeping alone uses less."""
LOW_FLIGHTS: Final = 2
"""Batches of housekeeping that a drain has in the air at once: they may wait long for the call budget."""
LOW_LANDS_S: Final = 21.0
"""A little more than such a batch waits for the budget; new leads are taken meanwhile."""
KEEP_S: Final = 1.0
SUSPICIOUS: Final = 3
"""A lead claimed this often travels alone, so that it can only hold up itself."""


@dataclass(slots=True)
class Drain:
    """One drain at work. `pool` has `FLIGHTS_PER_DRAIN` threads and outlives the drain."""

    office: Office
    pool: ThreadPoolExecutor
    flights: dict[Future[Routed], int] = field(default_factory=dict)
    low: set[Future[Routed]] = field(default_factory=set)
    """Those flights that carry no new lead."""
    not_before: float = 0.0
    low_not_before: float = 0.0
    kept_at: float = 0.0
    looked_at: float = -KEEP_S
    leads: int = 0

    @property
    def name(self) -> str:
        """Unique among all hosts."""
        return self.office.progress.name

    def run(self) -> int:
        """Route until nothing waits (or 30 s are over); how many leads. Raises what is a bug or Redis.

        New leads never wait behind housekeeping: also while its last batches land they are taken.
        """
        ends_at = time.monotonic() + LONGEST_S
        self._bring_help(self.office.drains.begin(self.name))
        try:
            while self._goes_on(ends_at) and not process.stopping():
                self._keep()
                self._land(patience_s=LOOK_S * len(self.flights))
                if time.monotonic() < self.not_before:
                    if not self.flights and self.not_before > ends_at:
                        break
                    process.pause_s(LOOK_S)
                elif not self._take_next(ends_at) and not self.flights:
                    if self.office.drains.rest(self.name):
                        return self.leads
                    process.pause_s(LOOK_S)
            self._land_all()
        finally:
            self.office.drains.leave(self.name)
        return self.leads

    def _keep(self) -> None:
        if time.monotonic() - self.kept_at > KEEP_S:
            self.kept_at = time.monotonic()
            self._bring_help(self.office.drains.keep(self.name))

    def _bring_help(self, helps: bool) -> None:
        """Wake one more worker where more waits than those at work can carry."""
        if helps:
            self.office.wake_ups.drain()

    def _goes_on(self, ends_at: float) -> bool:
        now = time.monotonic()
        return now < ends_at or (bool(self.low) and now < ends_at + LOW_LANDS_S)

    def _take_next(self, ends_at: float) -> bool:
        """Send the next batch on its way, new leads first; False if there is none for now, or no place."""
        if len(self.flights) >= FLIGHTS_PER_DRAIN:
            return False
        if self._may_take() and self._take(low=False):
            return True
        return self._may_take_low(ends_at) and self._take(low=True)

    def _may_take(self) -> bool:
        """Idle, take at once; in flight, take a full batch, or any second one while calls are plenty."""
        desk, in_the_air = self.office.desk, len(self.flights) - len(self.low)
        pause = desk.budget.paused()
        if pause is not None:
            self.not_before = time.monotonic() + min(
                1.0, max(0.05, (pause.until - desk.clock()).total_seconds())
            )
            return False
        waiting = desk.inbox.waiting(limit=BATCH, low=False)
        if waiting == 0:
            return self._may_reclaim()
        if waiting >= BATCH:
            return True
        if desk.budget.tightness() >= TIGHT:
            return self._filled_up(in_the_air)
        return in_the_air <= 1

    def _may_reclaim(self) -> bool:
        """Claims may have been abandoned. Once a second is soon enough: every look reads all claims."""
        return time.monotonic() - self.looked_at >= KEEP_S

    def _may_take_low(self, ends_at: float) -> bool:
        """Housekeeping has its turn when no new lead waits, and stops first."""
        now = time.monotonic()
        if len(self.low) >= LOW_FLIGHTS or not max(self.not_before, self.low_not_before) <= now < ends_at:
            return False
        return self.office.desk.inbox.waiting(limit=1, low=False) == 0

    def _filled_up(self, in_the_air: int) -> bool:
        """Linger for a full batch of new leads while calls are scarce; every flight costs two."""
        ends_at = time.monotonic() + LINGER_S
        inbox = self.office.desk.inbox
        while (waiting := inbox.waiting(limit=BATCH, low=False)) < BATCH and time.monotonic() < ends_at:
            if process.pause_s(LOOK_S):
                return False
        return waiting >= BATCH or in_the_air == 0

    def _take(self, *, low: bool) -> bool:
        slot = min(set(range(FLIGHTS_PER_DRAIN)) - set(self.flights.values()))
        consumer = f"{self.name}/{slot}"
        reclaim = self._may_reclaim()
        entries = self.office.desk.inbox.take(consumer, reclaim=reclaim, low=low)
        if reclaim and not any(entry.deliveries > 1 for entry in entries):
            self.looked_at = time.monotonic()  # where some were abandoned there may be more
        if not entries:
            return False
        flight = self.pool.submit(fly, self.office.desk, entries, consumer=consumer)
        self.flights[flight] = slot
        if all(entry.stream == self.office.desk.keys.inbox_low for entry in entries):
            self.low.add(flight)
        return True

    def _land(self, *, patience_s: float) -> None:
        if not self.flights:
            return
        landed, _ = wait(self.flights, timeout=patience_s, return_when=FIRST_COMPLETED)
        for flight in landed:
            del self.flights[flight]
            is_low = flight in self.low
            self.low.discard(flight)
            self._look_at(flight, is_low=is_low)

    def _look_at(self, flight: Future[Routed], *, is_low: bool) -> None:
        try:
            routed = flight.result()
        except FlightSnoozed as snoozed:
            until = time.monotonic() + snoozed.wait_s
            if is_low:
                self.low_not_before = max(self.low_not_before, until)
            else:
                self.not_before = max(self.not_before, until)
            return
        self.leads += routed.finished
        self.office.progress.report(f"routed {routed.finished} leads")

    def _land_all(self) -> None:
        ends_at = time.monotonic() + LAST_FLIGHTS_S
        while self.flights and time.monotonic() < ends_at:
            self._land(patience_s=max(0.0, ends_at - time.monotonic()))


class FlightSnoozed(Exception):
    """A batch was given back; `wait_s` until it makes sense to try again."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"come back in {wait_s:.1f} s")
        self.wait_s = wait_s


def fly(desk: Desk, entries: Sequence[Entry], *, consumer: str) -> Routed:
    """Route one batch; leads that failed before travel alone. Raises `FlightSnoozed`, or what is a bug."""
    if all(entry.stream == desk.keys.inbox_low for entry in entries):
        desk = replace(desk, gateway=desk.gateway.at("sweep"))
    suspicious = {entry.contact_id for entry in entries if entry.deliveries >= SUSPICIOUS}
    batches = [[entry for entry in entries if entry.contact_id not in suspicious]]
    batches += [[entry for entry in entries if entry.contact_id == one] for one in sorted(suspicious)]
    sums = Routed(0, 0, 0, 0)
    for batch in filter(None, batches):
        try:
            routed = route(desk, batch, consumer=consumer)
        except Exception as error:
            _give_back(desk, error, batch, consumer=consumer)
            raise AssertionError("unreachable") from error
        sums = Routed(
            sums.leads + routed.leads,
            sums.finished + routed.finished,
            sums.duplicates + routed.duplicates,
            sums.left + routed.left,
        )
    return sums


def _give_back(desk: Desk, error: Exception, entries: Sequence[Entry], *, consumer: str) -> None:
    """Raise what the flight ends with; snoozed leads are given back first, so that anybody may take them."""
    fate = fate_of(error)
    if not isinstance(fate, Snooze):
        raise error
    log: structlog.stdlib.BoundLogger = desk.log
    (log.error if fate.loud else log.info)("batch.snoozed", why=fate.why, leads=len(entries))
    desk.inbox.release(consumer, entries)
    raise FlightSnoozed(fate.wait.total_seconds()) from error
