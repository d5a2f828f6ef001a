"""What the portal does by itself after a delay: late form steps, enrichment, companies linked by domain."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class LateChanges:
    """Actions that are due later, and the thread that does them. Delays are real seconds."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do this after so many seconds; without a delay it is done at once, before this returns."""
        if seconds <= 0:
            act()
            return
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), act))
            self._changed.notify()

    def waiting(self) -> int:
        """Number of actions that are still to come."""
        with self._changed:
            return len(self._due)

    def forget(self) -> None:
        """Drop every action that is still to come."""
        with self._changed:
            self._due = []

    def _run(self) -> None:
        while True:
            self._next()()

    def _next(self) -> Callable[[], None]:
        with self._changed:
            while not self._due or self._due[0][0] > time.monotonic():
                self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
            return heapq.heappop(self._due)[2]
