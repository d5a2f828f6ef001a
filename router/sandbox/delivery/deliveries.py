"""The delivery of webhooks: posted, repeated and shuffled as HubSpot does.

Like HubSpot it waits 5 s for an answer and repeats on anything but 2xx, up to ten times; only the pauses
between attempts are shorter here. An event that arrives while a thread is idle is sent at once.
"""

import heapq
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson
import urllib3
from msgspec import Struct

from router.sandbox.delivery.route import Route
from router.sandbox.delivery.webhooks import FORMS, Event, signed_headers
from router.sandbox.settings import Settings


class Deliveries:
    """The waiting events, the threads that deliver them, and the counts of results."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._route: Route | None = None
        self._threads: set[int] = set()
        self._pool = urllib3.PoolManager(maxsize=64, retries=False)
        self._clear()

    def start(self, route: Route) -> None:
        """Deliver to this route from now on; events that waited so far are sent too."""
        with self._changed:
            self._route = route
            self._chance = random.Random(route.seed)
            for number in set(range(route.concurrency)) - self._threads:
                self._threads.add(number)
                threading.Thread(target=self._deliver, args=(number,), daemon=True).start()
            self._changed.notify_all()

    def stop(self) -> None:
        """Keep every event waiting until deliveries start again."""
        with self._changed:
            self._route = None

    def announce(self, event: Event) -> None:
        """Queue an event; it is sent at once when a thread is idle and no pace is set."""
        with self._changed:
            self._wait((event,), time.monotonic())
            self._changed.notify()

    def subscribed(self) -> tuple[str, ...]:
        """The properties to whose changes the endpoint has subscribed."""
        with self._changed:
            return self._route.properties if self._route is not None else ()

    def wants(self, what: str) -> bool:
        """Whether the endpoint has asked for changes of `associations`, or for those `at_creation`."""
        with self._changed:
            return self._route is not None and bool(getattr(self._route, what))

    def forget(self) -> None:
        """Drop every waiting event, and every count; deliveries in flight still arrive."""
        with self._changed:
            self._clear()

    def summary(self) -> dict[str, Any]:
        """Counts of events (waiting … given_up) and of posts (attempts, statuses, retries); acks in ms."""
        with self._changed:
            acks = sorted(self._acks_ms)
            return {
                "waiting": sum(len(events) for _, _, events in self._waiting) + len(self._ready),
                "in_flight": self._in_flight,
                "delivered": self._delivered,
                "given_up": self._given_up,
                "attempts": self._attempts,
                "retries": self._retries,
                "statuses": dict(self._statuses),
                "ack_p50_ms": _percentile(acks, 0.50),
                "ack_p99_ms": _percentile(acks, 0.99),
                "ack_max_ms": acks[-1] if acks else None,
            }

    def _clear(self) -> None:
        # Batches of an earlier era, still in flight after a reset, no longer count.
        self._era = object()
        self._chance = random.Random(0)
        self._waiting: list[tuple[float, int, tuple[Event, ...]]] = []
        self._ready: list[Event] = []
        self._paced_until = 0.0
        self._statuses: Counter[str] = Counter()
        self._acks_ms: list[float] = []
        self._in_flight = self._delivered = self._given_up = self._attempts = self._retries = 0

    def _wait(self, events: tuple[Event, ...], due: float) -> None:
        heapq.heappush(self._waiting, (due, next(self._order), events))

    def _deliver(self, number: int) -> None:
        while (batch := self._next_batch(number)) is not None:
            self._post(batch)

    def _next_batch(self, number: int) -> "Batch | None":
        """The next batch, as soon as there is one; None when this thread is no longer needed."""
        with self._changed:
            while True:
                route = self._route
                if route is not None and number >= route.concurrency:
                    self._threads.discard(number)
                    # The call that woke this thread was meant for one that delivers.
                    self._changed.notify()
                    return None
                if route is None or not route.enabled:
                    self._changed.wait()
                    continue
                events = self._gather(route, time.monotonic()) or self._pick(route)
                if not events:
                    self._changed.wait(self._pause_s())
                    continue
                self._in_flight += len(events)
                self._attempts += 1
                if self._waiting or self._ready:
                    self._changed.notify()
                return Batch(events, route, self._era)

    def _gather(self, route: Route, now: float) -> tuple[Event, ...] | None:
        """Move due events to the ready list; a batch that is repeated stays together and is returned."""
        while self._waiting and self._waiting[0][0] <= now:
            if not self._waiting[0][2][0].attempts and not self._keeps_pace(route, now):
                return None
            events = heapq.heappop(self._waiting)[2]
            if events[0].attempts:
                return events
            for event in events:
                self._prepare(event, route)
            self._ready.extend(events)
        return None

    def _keeps_pace(self, route: Route, now: float) -> bool:
        if not route.rate_per_s:
            return True
        if now < self._paced_until:
            return False
        # A thread that woke late may catch up, by a tenth of a second at most.
        self._paced_until = max(now - 0.1, self._paced_until) + 1 / route.rate_per_s
        return True

    def _prepare(self, event: Event, route: Route) -> None:
        if event.is_repeat:
            return
        event.form = self._chance.choice(FORMS[:2]) if route.form == "mixed" else route.form
        if self._chance.random() < route.duplicates:
            self._wait((event.again(self._chance),), time.monotonic() + self._chance.uniform(0, 0.3))

    def _pause_s(self) -> float | None:
        if not self._waiting:
            return None
        return max(0.0, max(self._waiting[0][0], self._paced_until) - time.monotonic())

    def _pick(self, route: Route) -> tuple[Event, ...]:
        ready = self._ready
        if not ready:
            return ()
        size = min(len(ready), self._chance.randint(route.batch_min, route.batch_max))
        if route.shuffle:
            for place in range(size):
                other = self._chance.randrange(place, len(ready))
                ready[place], ready[other] = ready[other], ready[place]
        batch, self._ready = tuple(ready[:size]), ready[size:]
        return batch

    def _post(self, batch: "Batch") -> None:
        settings, route = self._settings(), batch.route
        body = orjson.dumps([event.body(settings) for event in batch.events])
        secret = route.secret or settings.client_secret
        headers = signed_headers(body, secret=secret, url=route.public_url or route.url)
        started = time.time()
        for event in batch.events:
            if event.record is not None and event.record.announced_ms is None:
                event.record.announced_ms = started * 1000
        try:
            answer = self._pool.request(
                "POST", route.url, body=body, headers=headers, timeout=route.timeout_s, redirect=False
            )
            status = str(answer.status)
        except urllib3.exceptions.HTTPError as failure:
            status = type(failure).__name__
        self._conclude(batch, status, took_ms=(time.time() - started) * 1000)

    def _conclude(self, batch: "Batch", status: str, *, took_ms: float) -> None:
        events, route = batch.events, batch.route
        with self._changed:
            if batch.era is not self._era:
                return
            self._in_flight -= len(events)
            self._statuses[status] += 1
            if status.startswith("2"):
                self._delivered += len(events)
                self._acks_ms.append(took_ms)
                return
            attempts = events[0].attempts + 1
            if attempts > route.retries:
                self._given_up += len(events)
                return
            self._retries += 1
            for event in events:
                event.attempts = attempts
            pause_s = min(route.retry_max_s, route.retry_base_s * 2 ** (attempts - 1))
            self._wait(events, time.monotonic() + pause_s * self._chance.uniform(0.5, 1.5))
            self._changed.notify()


class Batch(Struct, frozen=True):
    """Events that are sent in one POST."""

    events: tuple[Event, ...]
    route: Route
    era: object


def _percentile(ascending: list[float], share: float) -> float | None:
    if not ascending:
        return None
    return round(ascending[min(len(ascending) - 1, int(share * len(ascending)))], 3)
