"""The receiver as a process of its own on a real socket, and what a client of it does."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from router.clock import real_clock
from tests.world.deliveries import ENVIRON, signed

DOOR = "/webhooks/hubspot"
MODULE = ("-m", "router.web")


@dataclass
class Receiver:
    """A running receiver."""

    process: subprocess.Popen[str]
    port: int

    def post(self, body: bytes, *, timeout_s: float = 10) -> tuple[int, dict[str, object], float]:
        """Deliver as HubSpot does; status, answer, and how long it took in seconds."""
        return self.ask("POST", DOOR, body=body, headers=signed(body, now=real_clock()), timeout_s=timeout_s)

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        timeout_s: float = 10,
    ) -> tuple[int, dict[str, object], float]:
        began = time.perf_counter()
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        ) as line:
            line.request(method, path, body=body, headers=headers or {})
            answer = line.getresponse()
            words = json.loads(answer.read())
        return answer.status, words, time.perf_counter() - began

    def connection(self, *, source: str = "127.0.0.1") -> socket.socket:
        """A connection from an address of this machine; all of 127.0.0.0/8 are."""
        address = ("127.0.0.1", self.port)
        return socket.create_connection(address, timeout=10, source_address=(source, 0))


@contextmanager
def a_receiver(redis_url: str, *command: str, **environ: str) -> Iterator[Receiver]:
    process = subprocess.Popen(
        [sys.executable, *(command or MODULE)],
        env={**os.environ, **ENVIRON, "REDIS_URL": redis_url, "PORT": "0", "HOST": "127.0.0.1", **environ},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        yield Receiver(process, int(line.rsplit(":", 1)[1]))
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def until(condition: Callable[[], bool], *, within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
