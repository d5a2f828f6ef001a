"""Whose turn it is to decide: one batch at a time, so that nobody's decision is overtaken and made again.

A courtesy, no guarantee: what keeps the book of shares right is the version that a commit names. Whoever
waited long enough decides anyway, so a process that dies in its turn costs the others a moment.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Final

import redis
from redis.exceptions import LockError

from router.store.keys import Keys

LEASE_S: Final = 1.0
"""Some forty times what a batch of 100 takes; a turn that lasts longer is over."""
PATIENCE_S: Final = 1.0
LOOK_S: Final = 0.002


class Turn:
    """Enter it to decide. Shared by the threads of a process, and through Redis by all processes."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._here = threading.Lock()
        self._everywhere = client.lock(
            keys.turn, timeout=LEASE_S, blocking_timeout=PATIENCE_S, sleep=LOOK_S, thread_local=False
        )
        self._is_ours = False

    def __enter__(self) -> None:
        self._here.acquire()
        try:
            self._is_ours = self._everywhere.acquire()
        except BaseException:
            self._here.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._is_ours:
                self._everywhere.release()
        except LockError:
            pass  # it lasted longer than the lease: somebody else decides by now
        finally:
            self._here.release()
