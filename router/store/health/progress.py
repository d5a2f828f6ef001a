"""Each process's last progress, and what it observes of its surroundings, for the health page."""

from __future__ import annotations

import os
import socket
from typing import Final

import orjson
import redis

from router.store.keys import Keys
from router.store.scripts import script

CLOCK: Final = "clock"
"""Observation of each process: its clock against HubSpot's and Redis'."""
DISK: Final = "disk"
"""Observation of each process: the free space of VAR_DIR."""
LEDGER: Final = "ledger"
"""Observation of housekeeping: whether the ledger can be used."""
OWNERS: Final = "owners"
"""Observation of housekeeping: reps without an active HubSpot owner."""


class ProgressBoard:
    """The list on which the processes of one portal report what they last did, and what they see."""

    def __init__(self, client: redis.Redis, keys: Keys, *, role: str) -> None:
        self._redis = client
        self._keys = keys
        self._report = script(client, "health/report")
        self.name = f"{role} {socket.gethostname()}:{os.getpid()}"

    def report(self, did: str) -> None:
        """Record what this process did just now."""
        self._report(keys=[self._keys.progress], args=[self.name, orjson.dumps({"did": did})])

    def redis_time(self) -> float:
        """Redis' clock, in seconds since 1970."""
        seconds, microseconds = self._redis.time()
        return float(seconds) + float(microseconds) / 1_000_000

    def observe(self, kind: str, **facts: object) -> None:
        """Record what this process sees; it replaces what the process saw of this kind before."""
        self._report(keys=[self._keys.observations], args=[f"{kind} {self.name}", orjson.dumps(facts)])
