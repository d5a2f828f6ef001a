"""Deliveries that this process could not keep: while Redis fails, only memory can count them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

LATELY_S: Final = 60.0


class Unkept:
    """Safe to use from many threads; `clock` is in monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._times: deque[float] = deque(maxlen=10_000)
        self._uncounted = 0

    def note(self) -> None:
        """One more delivery was answered with 503."""
        with self._lock:
            self._times.append(self._clock())
            self._uncounted += 1

    def lately(self) -> int:
        """Number of the last minute, at most 10,000."""
        with self._lock:
            while self._times and self._clock() - self._times[0] > LATELY_S:
                self._times.popleft()
            return len(self._times)

    def take_uncounted(self) -> int:
        """Number that Redis has not counted yet; the caller tells Redis."""
        with self._lock:
            count, self._uncounted = self._uncounted, 0
            return count
