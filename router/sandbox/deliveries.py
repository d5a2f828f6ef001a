"""When subscribers are told what happened: webhooks are posted, repeated and shuffled like HubSpot does.

Like HubSpot it waits 5 s for an answer and repeats on anything but 2xx, up to ten times; only the
pauses between attempts are shorter here. An event that arrives while a thread is idle leaves at once.
"""

import heapq
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import orjson
import urllib3

from router.sandbox.settings import Settings
from router.sandbox.webhooks import FORMS, Event, signed_headers


@dataclass(frozen=True, slots=True)
class Route:
    """Where deliveries go and how unruly they are. Times are in seconds."""

    url: str
    public_url: str = ""
    secret: str = ""
    batch_min: int = 1
    batch_max: int = 100
    duplicates: float = 0.0
    shuffle: bool = False
    concurrency: int = 10
    form: str = "legacy"
    timeout_s: float = 5.0
    retry_base_s: float = 0.2
    retry_max_s: float = 5.0
    retries: int = 10
    rate_per_s: float = 0.0
    enabled: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"form '{self.form}' is not one of {', '.join(FORMS)}.")
        if not 1 <= self.batch_min <= self.batch_max <= 100:
            raise ValueError("batch_min and batch_max are 1 to 100, the smaller one first.")


def route_from(asked: Mapping[str, Any]) -> Route:
    """The route that a request describes. Raises ValueError for an unknown or impossible setting."""
    known = {field.name for field in fields(Route)}
    if unknown := set(asked) - known:
        raise ValueError(
            f"There is no delivery setting '{min(unknown)}'. There are: {', '.join(sorted(known))}."
        )
    if not asked.get("url"):
        raise ValueError("Deliveries need a url to post to.")
    return Route(**asked)


class Deliveries:
    """Events that wait, threads that deliver them, and what came of it."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._route: Route | None = None
        self._threads = 0
        self._pool = urllib3.PoolManager(maxsize=64, retries=False)
        self._clear()

    def start(self, route: Route) -> None:
        """Deliver to this route from now on; what waited so far goes out too."""
        with self._changed:
            self._route = route
            self._chance = random.Random(route.seed)
            for number in range(self._threads, route.concurrency):
                threading.Thread(target=self._deliver_forever, args=(number,), daemon=True).start()
            self._threads = max(self._threads, route.concurrency)
            self._changed.notify_all()

    def announce(self, event: Event) -> None:
        """Queue an event; it leaves at once when a thread is idle and no pace is set."""
        with self._changed:
            self._wait((event,), time.monotonic())
            self._changed.notify()

    def forget(self) -> None:
        """Drop everything that waits, and every count; deliveries in flight still arrive."""
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
        self._chance = random.Random(0)
        self._waiting: list[tuple[float, int, tuple[Event, ...]]] = []
        self._ready: list[Event] = []
        self._paced_until = 0.0
        self._statuses: Counter[str] = Counter()
        self._acks_ms: list[float] = []
        self._in_flight = self._delivered = self._given_up = self._attempts = self._retries = 0

    def _wait(self, events: tuple[Event, ...], due: float) -> None:
        heapq.heappush(self._waiting, (due, next(self._order), events))

    def _deliver_forever(self, number: int) -> None:
        while True:
            route, events = self._next_batch(number)
            self._post(route, events)

    def _next_batch(self, number: int) -> tuple[Route, tuple[Event, ...]]:
        with self._changed:
            while True:
                route = self._route
                if route is None or not route.enabled or number >= route.concurrency:
                    self._changed.wait()
                    continue
                if repeated := self._gather(route, time.monotonic()):
                    batch = repeated
                elif self._ready:
                    batch = self._pick(route)
                else:
                    self._changed.wait(self._pause_s())
                    continue
                self._in_flight += len(batch)
                self._attempts += 1
                if self._waiting or self._ready:
                    self._changed.notify()
                return route, batch

    def _gather(self, route: Route, now: float) -> tuple[Event, ...] | None:
        """Move what is due to the ready list; a batch that is repeated stays together and is returned."""
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
        size = min(len(ready), self._chance.randint(route.batch_min, route.batch_max))
        if route.shuffle:
            for place in range(size):
                other = self._chance.randrange(place, len(ready))
                ready[place], ready[other] = ready[other], ready[place]
        batch, self._ready = tuple(ready[:size]), ready[size:]
        return batch

    def _post(self, route: Route, events: tuple[Event, ...]) -> None:
        settings = self._settings()
        body = orjson.dumps([event.body(settings) for event in events])
        secret = route.secret or settings.client_secret
        headers = signed_headers(body, secret=secret, url=route.public_url or route.url)
        started = time.time()
        for event in events:
            if event.record is not None and event.record.announced_ms is None:
                event.record.announced_ms = started * 1000
        try:
            answer = self._pool.request(
                "POST", route.url, body=body, headers=headers, timeout=route.timeout_s, redirect=False
            )
            status = str(answer.status)
        except urllib3.exceptions.HTTPError as failure:
            status = type(failure).__name__
        self._conclude(route, events, status, took_ms=(time.time() - started) * 1000)

    def _conclude(self, route: Route, events: tuple[Event, ...], status: str, *, took_ms: float) -> None:
        with self._changed:
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


def _percentile(ascending: list[float], share: float) -> float | None:
    if not ascending:
        return None
    return round(ascending[min(len(ascending) - 1, int(share * len(ascending)))], 3)
