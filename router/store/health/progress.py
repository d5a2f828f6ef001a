"""When each process last made progress: liveness is judged by that, never by a heartbeat of its own."""

from __future__ import annotations

import os
import socket
import time

import orjson
import redis

from router.store.keys import Keys


class ProgressBoard:
    """Where the processes of one portal say what they last did."""

    def __init__(self, client: redis.Redis, keys: Keys, *, role: str) -> None:
        self._redis = client
        self._key = keys.progress
        self.name = f"{role} {socket.gethostname()}:{os.getpid()}"

    def report(self, did: str) -> None:
        """This process did something just now."""
        self._redis.hset(self._key, self.name, orjson.dumps({"at": time.time(), "did": did}).decode())
