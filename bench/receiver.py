"""What does it cost to take a delivery, and how does a textbook receiver compare?

    python bench/receiver.py [--seconds 6] [--clients 8]

Both receivers run in a process of their own on the same server, one after the other, against the
same embedded Valkey. First as fast as they can (every client posts again once it is answered: this
is the machine's limit, not HubSpot's), then ours at a steady 50 POST/s. The textbook one is what one
writes from the documentation: the official client's Signature, json.loads, one RQ job per event.

All clients live in one more process, each with a connection that it keeps, and send the same signed
bytes; so what they cost themselves is little, and the same for both. A time is counted from before the
first byte is sent until the last one of the answer is there, and includes the wait for the client's
own turn. CPU is what the receiver's process used, Valkey's is not in it.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import heapq
import hmac
import json
import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import redis

from router.store.embedded import EmbeddedValkey

SECRET = "bench-client-secret"
PORTAL = 4242
URL = "https://leads.example.com/webhooks/hubspot"
ENVIRON = {
    "HUBSPOT_ACCESS_TOKEN": "bench-access-token",
    "HUBSPOT_CLIENT_SECRET": SECRET,
    "HUBSPOT_PORTAL_ID": str(PORTAL),
    "PUBLIC_WEBHOOK_URL": URL,
    "HOST": "127.0.0.1",
    "PORT": "0",
    "LOG_FORMAT": "json",
}
GOAL_MS = 5.0
STEADY_POSTS_PER_S = 50
RECEIVERS = {"ours": ("-m", "router.web"), "textbook": (__file__, "--textbook")}


@dataclass(frozen=True, slots=True)
class Figures:
    """One run. Times are of the whole exchange as the client sees it."""

    posts_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


def main() -> None:
    options = _options()
    if options.textbook:
        _serve_textbook()
        return
    figures: dict[tuple[str, int], Figures] = {}
    print(f"{'receiver':<12}{'events':>7}{'POST/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs/POST':>13}")
    with tempfile.TemporaryDirectory() as directory, EmbeddedValkey(Path(directory)) as valkey:
        for events in (100, 1):
            for name in RECEIVERS:
                run = _measure(name, valkey, events=events, clients=options.clients, seconds=options.seconds)
                figures[name, events] = run
                _print(name, events, run)
        steady = _measure(
            "ours",
            valkey,
            events=100,
            clients=options.clients,
            seconds=options.seconds,
            pace=STEADY_POSTS_PER_S,
        )
        _print("ours, paced", 100, steady)
    for events in (100, 1):
        ours, textbook = figures["ours", events], figures["textbook", events]
        print(
            f"{events:>3} events: {ours.posts_per_s / textbook.posts_per_s:.1f} times the textbook's POST/s, "
            f"{textbook.cpu_us / ours.cpu_us:.1f} times less CPU"
        )
    for label, run in (("as fast as it can", figures["ours", 100]), ("at 50 POST/s", steady)):
        verdict = "held" if run.p50_ms <= GOAL_MS else "missed"
        print(f"p50 of a 100-event answer ≤ {GOAL_MS:.0f} ms, {label}: {verdict} ({run.p50_ms:.2f} ms)")


def _print(name: str, events: int, run: Figures) -> None:
    print(
        f"{name:<12}{events:>7}{run.posts_per_s:>9.0f}{run.p50_ms:>9.2f}{run.p99_ms:>9.2f}{run.cpu_us:>13.0f}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--textbook", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(
    name: str, valkey: EmbeddedValkey, *, events: int, clients: int, seconds: float, pace: float = 0.0
) -> Figures:
    """`pace` is the POST/s of all clients together; 0 means as fast as they are answered."""
    client = redis.Redis.from_url(valkey.url)
    client.flushall()
    body = _body(events)
    with _running(name, valkey.url) as (pid, port):
        _deliver(port, body, clients=clients, seconds=1.0, every_s=0.0)  # warm up
        client.flushall()
        cpu_before_s = _cpu_s(pid)
        every_s = clients / pace if pace else 0.0
        took_s, elapsed_s = _deliver(port, body, clients=clients, seconds=seconds, every_s=every_s)
        cpu_s = _cpu_s(pid) - cpu_before_s
    client.flushall()
    cuts = statistics.quantiles(took_s, n=100)
    return Figures(
        posts_per_s=len(took_s) / elapsed_s,
        p50_ms=cuts[49] * 1000,
        p99_ms=cuts[98] * 1000,
        cpu_us=cpu_s / len(took_s) * 1e6,
    )


def _body(events: int) -> bytes:
    event = {
        "eventId": 1534991568,
        "subscriptionId": 3434176,
        "portalId": PORTAL,
        "appId": 10457515,
        "occurredAt": 1744159176740,
        "subscriptionType": "object.creation",
        "attemptNumber": 0,
        "objectTypeId": "0-1",
        "changeFlag": "CREATED",
        "changeSource": "INTEGRATION",
        "sourceId": "10457515",
    }
    announced = [event | {"objectId": 112_558_566_461 + number} for number in range(events)]
    return json.dumps(announced, separators=(",", ":")).encode()


@contextlib.contextmanager
def _running(name: str, redis_url: str) -> Iterator[tuple[int, int]]:
    process = subprocess.Popen(
        [sys.executable, *RECEIVERS[name]],
        env={**os.environ, **ENVIRON, "REDIS_URL": redis_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        line = process.stdout.readline() if process.stdout else ""
        yield process.pid, int(line.rsplit(":", 1)[1])
        process.terminate()


def _deliver(
    port: int, body: bytes, *, clients: int, seconds: float, every_s: float
) -> tuple[list[float], float]:
    """How long each exchange took, and all of them together, in seconds."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as aside:
        return aside.submit(_post_until, port, _request(body), clients, seconds, every_s).result()


def _request(body: bytes) -> bytes:
    timestamp = str(int(time.time() * 1000))
    message = b"POST" + URL.encode() + body + timestamp.encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), message, "sha256")).decode()
    head = (
        f"POST /webhooks/hubspot HTTP/1.1\r\nHost: leads.example.com\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: application/json\r\nX-HubSpot-Signature-v3: {signature}\r\n"
        f"X-HubSpot-Request-Timestamp: {timestamp}\r\nUser-Agent: HubSpot Connect 2.0\r\n\r\n"
    )
    return head.encode() + body


def _post_until(
    port: int, request: bytes, clients: int, seconds: float, every_s: float
) -> tuple[list[float], float]:
    """Every client posts on its own connection, `every_s` apart or at once when it is answered."""
    with contextlib.ExitStack() as stack:
        poll = stack.enter_context(select.epoll())
        lines = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(clients)]
        for line in lines:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            poll.register(line, select.EPOLLIN)
        by_file = {line.fileno(): line for line in lines}
        began = time.perf_counter()
        due = [(began + number * every_s / clients, line.fileno()) for number, line in enumerate(lines)]
        sent_at: dict[int, float] = {}
        took_s: list[float] = []
        while (now := time.perf_counter()) < began + seconds or sent_at:
            while due and due[0][0] <= now < began + seconds:
                _, file = heapq.heappop(due)
                sent_at[file] = time.perf_counter()
                by_file[file].sendall(request)
            wait_s = due[0][0] - now if due and now < began + seconds else 1.0
            for file, _ in poll.poll(wait_s):
                answer = _answer(by_file[file])
                if not answer.startswith(b"HTTP/1.1 200"):
                    raise SystemExit(f"the receiver answered {answer[:200]!r}")
                sent = sent_at.pop(file)
                took_s.append(time.perf_counter() - sent)
                heapq.heappush(due, (sent + every_s, file))
        return took_s, time.perf_counter() - began


def _answer(line: socket.socket) -> bytes:
    answer = b""
    while True:
        answer += line.recv(65_536)
        head, ended, rest = answer.partition(b"\r\n\r\n")
        if ended:
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            if len(rest) >= length:
                return answer


def _cpu_s(pid: int) -> float:
    """User and system seconds of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _serve_textbook() -> None:
    from flask import Flask, Response, request
    from hubspot.utils.signature import Signature
    from rq import Queue

    from router.web.serve import serve

    app = Flask("textbook")
    queue = Queue("textbook", connection=redis.Redis.from_url(os.environ["REDIS_URL"]))

    @app.post("/webhooks/hubspot")
    def receive() -> Response:
        valid = Signature.is_valid(
            signature=request.headers["X-HubSpot-Signature-v3"],
            client_secret=SECRET,
            request_body=request.get_data(as_text=True),
            http_uri=URL,
            signature_version="v3",
            timestamp=request.headers["X-HubSpot-Request-Timestamp"],
        )
        if not valid:
            return Response(status=401)
        for event in json.loads(request.get_data()):
            queue.enqueue("textbook.route", event["objectId"])
        return Response("ok")

    serve(app, host="127.0.0.1", port=0)


if __name__ == "__main__":
    main()
