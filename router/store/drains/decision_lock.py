"""The decision lock: one batch decides at a time, so that a commit rarely finds the book outdated.

It saves work and guarantees nothing: what keeps the book of shares right is the version that a commit names.
A process that has waited `PATIENCE_S` decides without the lock, so a process that dies while it holds the
lock delays the others by a moment only. A waiting process blocks on a wake-up list: polling cost an eighth of
the leads per second.
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
"""Seconds after which a held lock expires: about five times what deciding takes, hand-overs included."""
PATIENCE_S: Final = 3.0
"""Longest wait for the lock in seconds, three leases: a holder still at work then is slow, not dead."""
LOOK_S: Final = 0.25
"""Longest wait for one wake-up in seconds: a process that died sends none. A look costs two Redis calls."""
STAY_S: Final = 0.15
"""Seconds in which one process passes the lock among its threads, without Redis, before others get it."""


class DecisionLock:
    """Context manager to decide under.

    Shared by the threads of a process, and through Redis by all processes.
    """

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
                # Harmless if the lease ran out or we never held the lock: the script compares the name.
                self._end(
                    keys=[self._keys.decision_lock, self._keys.decision_lock_released], args=[self._name]
                )
        finally:
            self._here.release()
