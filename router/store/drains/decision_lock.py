"""Whose turn it is to decide: one batch at a time, so that nobody's decision is overtaken and made again.

A courtesy, no guarantee: what keeps the book of shares right is the version that a commit names. Whoever
waited long enough decides anyway, so a process that dies in its turn costs the others a moment. Who waits
sleeps until the bell rings: asking again and again cost an eighth of the leads per second.
"""

from __future__ import annotations

import secrets
import threading
import time
from types import TracebackType
from typing import Final

import redis

from router.store.keys import Keys
from router.store.scripts import script

LEASE_S: Final = 1.0
"""Some five times what a turn lasts, the batches it is handed on to included; a longer one is over."""
PATIENCE_S: Final = 3.0
"""Three leases: whoever holds a turn by then is not dead, but very slow."""
LOOK_S: Final = 0.05
"""How long one listens for the bell at most: the dead do not ring it."""
STAY_S: Final = 0.15
"""So long a turn is handed on within a process before the others have theirs: that costs nothing."""


class DecisionLock:
    """Enter it to decide. Shared by the threads of a process, and through Redis by all processes."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._end = script(client, "drains/decision_lock_end")
        self._here = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._name = ""
        self._stays_until = 0.0

    def __enter__(self) -> None:
        with self._counting:
            self._waiting += 1
        self._here.acquire()
        with self._counting:
            self._waiting -= 1
        try:
            if not self._stays_until:
                self._wait_for_it()
        except BaseException:
            self._here.release()
            raise

    def _wait_for_it(self) -> None:
        self._name = secrets.token_hex(8)
        ends_at = time.monotonic() + PATIENCE_S
        while not (is_ours := self._take()) and time.monotonic() < ends_at:
            self._redis.blpop([self._keys.decision_lock_released], timeout=LOOK_S)
        self._stays_until = time.monotonic() + STAY_S if is_ours else 0.0

    def _take(self) -> bool:
        return bool(self._redis.set(self._keys.decision_lock, self._name, nx=True, px=int(LEASE_S * 1000)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if time.monotonic() > self._stays_until or not self._waiting:
                self._stays_until = 0.0
                # If it lasted longer than the lease, or never was ours, somebody else decides by now.
                self._end(
                    keys=[self._keys.decision_lock, self._keys.decision_lock_released], args=[self._name]
                )
        finally:
            self._here.release()
