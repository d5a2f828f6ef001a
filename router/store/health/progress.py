"""Each process's last progress, by which liveness is judged: never by a heartbeat."""

from __future__ import annotations

import os
import socket
import time

import orjson
import redis

from router.store.keys import Keys


class ProgressBoard:
    """The list on which the processes of one portal report what they last did."""

    def __init__(self, client: redis.Redis, keys: Keys, *, role: str) -> None:
        self._redis = client
        self._key = keys.progress
        self.name = f"{role} {socket.gethostname()}:{os.getpid()}"

    def report(self, did: str) -> None:
        """Record what this process did just now."""
        self._redis.hset(self._key, self.name, orjson.dumps({"at": time.time(), "did": did}).decode())
