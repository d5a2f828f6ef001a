"""What can strangers do to the receiver, by web server, and what does a delivery cost there?

    python -m bench.servers ["gunicorn gevent" granian …]

Compares the servers that are installed beside the project, for example in a virtual environment of their own:
pip install -e . gunicorn gevent granian hypercorn uvicorn a2wsgi cheroot. Every attack meets a process of its
own with the same application and the same embedded Valkey, on one processor core. Ends with a Markdown table.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import redis

from bench.receiver import ENVIRON, _body, _cpu_s, _deliver
from bench.servers.attacks import ATTACKS, HEAD, PATIENT, connect, delivery_takes_s, listeners
from bench.servers.candidates import installed
from router.store.embedded import EmbeddedValkey

STOP = "SIGTERM: request in flight; ends after"
FULL = "p50, p99 at full load"
STEADY = "p50, p99 at 50 POST/s"
CPU = "CPU a delivery, full load / 50 POST/s"
FIGURES = (*PATIENT, *ATTACKS, STOP, FULL, STEADY, CPU)


def main() -> None:
    names = sys.argv[1:] or list(installed(port=0))
    body = _body(100)
    found: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as directory, EmbeddedValkey(Path(directory)) as valkey:
        for name in names:
            with _running(name, valkey.url) as (_, port), ThreadPoolExecutor() as at_once:
                runs = {what: at_once.submit(attack, port, body) for what, attack in PATIENT.items()}
                found[name] = {what: run.result() for what, run in runs.items()}
            for what, attack in ATTACKS.items():
                with _running(name, valkey.url) as (_, port):
                    found[name][what] = attack(port, body)
            with _running(name, valkey.url) as (process, port):
                found[name][STOP] = _stopped(process, port, body, valkey)
            with _running(name, valkey.url) as (_, port):
                found[name] |= _costs(port, body)
            redis.Redis.from_url(valkey.url).flushall()
            for what in FIGURES:
                print(f"{name}: {what}: {found[name][what]}", flush=True)
    print(f"\n| | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for what in FIGURES:
        print(f"| {what} | {' | '.join(found[name][what] for name in names)} |")


def _stopped(process: subprocess.Popen[bytes], port: int, body: bytes, valkey: EmbeddedValkey) -> str:
    """Whether a delivery in flight is answered at SIGTERM, beside an idle and an endless client."""
    answered: list[float | None] = []
    with connect(port), connect(port) as endless:
        endless.sendall(HEAD + b"Content-Length: 4000\r\n\r\nx")
        redis.Redis.from_url(valkey.url).client_pause(1000)
        flying = threading.Thread(target=lambda: answered.append(delivery_takes_s(port, body)))
        flying.start()
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        flying.join()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        took = f"{time.monotonic() - began:.0f} s" if process.poll() is not None else "> 30 s"
    return f"{'cut off' if answered[0] is None else 'answered'}; {took}, code {process.poll()}"


def _costs(port: int, body: bytes) -> dict[str, str]:
    _deliver(port, body, clients=8, seconds=1.0, every_s=0.0)  # warm up
    texts, costs = [], []
    for every_s in (0.0, 8 / 50):
        before = _cpu_of_all(port)
        took_s, _ = _deliver(port, body, clients=8, seconds=5.0, every_s=every_s)
        costs.append((_cpu_of_all(port) - before) / len(took_s) * 1e6)
        cuts = statistics.quantiles(took_s, n=100)
        texts.append(f"{cuts[49] * 1000:.1f}, {cuts[98] * 1000:.1f} ms")
    return {FULL: texts[0], STEADY: texts[1], CPU: f"{costs[0]:.0f} / {costs[1]:.0f} µs"}


def _cpu_of_all(port: int) -> float:
    return sum(_cpu_s(pid) for pid in listeners(port))


@contextmanager
def _running(name: str, redis_url: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The server's process (the first of them) and its port."""
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, *installed(port)[name]],
        env={**os.environ, **ENVIRON, "REDIS_URL": redis_url, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # As many files as most hosts let a process open; children get it, too.
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    try:
        _wait_until_it_answers(name, port)
        yield process, port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_it_answers(name: str, port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), connect(port) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            if line.recv(100).startswith(b"HTTP/1.1 404"):
                return
        time.sleep(0.1)
    raise SystemExit(f"{name} does not answer")


def _free_port() -> int:
    """A port that no outgoing connection takes by chance."""
    for port in random.sample(range(20_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise SystemExit("no port is free")


if __name__ == "__main__":
    main()
