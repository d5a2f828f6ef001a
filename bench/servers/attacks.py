"""What strangers can do to a web server without a secret, each attack with the figure that it ends in."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.receiver import _request as signed_delivery

STRANGER = "127.0.0.2"
HUBSPOT = "127.0.0.3"
PATIENCE_S = 20.0
HEAD = b"POST /webhooks/hubspot HTTP/1.1\r\nHost: x\r\n"


def connect(port: int, *, source: str = STRANGER) -> socket.socket:
    """A connection from an address of this machine's own network 127.0.0.0/8."""
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S, source_address=(source, 0))


def delivery_takes_s(port: int, body: bytes, *, source: str = HUBSPOT) -> float | None:
    """The time until a good delivery on a new connection is answered 200; None if it is not in 20 s."""
    began = time.perf_counter()
    try:
        with connect(port, source=source) as line:
            line.sendall(signed_delivery(body))
            return time.perf_counter() - began if line.recv(100).startswith(b"HTTP/1.1 200") else None
    except OSError:
        return None


def idle_sockets(port: int, body: bytes, *, count: int = 500) -> str:
    """Connections that say nothing, then a good delivery of somebody else."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            with contextlib.suppress(OSError):
                stack.enter_context(connect(port))
        time.sleep(0.5)
        return _took(delivery_takes_s(port, body))


def silence(port: int, _body: bytes) -> str:
    """A connection that says nothing at all."""
    return _hung_up_after(port, first=b"", drip=b"")


def slow_headers(port: int, _body: bytes) -> str:
    """A header that drips in, a byte each half second."""
    return _hung_up_after(port, first=HEAD + b"X-Slow: ", drip=b"x")


def slow_body(port: int, _body: bytes) -> str:
    """A body that drips in, a byte each half second."""
    return _hung_up_after(port, first=HEAD + b"Content-Length: 4000\r\n\r\n", drip=b"x")


def slow_bodies(port: int, body: bytes) -> str:
    """The longest of 40 good deliveries while 64 bodies drip in."""
    with contextlib.ExitStack() as stack, _dripping() as drip:
        for _ in range(64):
            line = stack.enter_context(connect(port))
            line.sendall(HEAD + b"Content-Length: 4000\r\n\r\nx")
            drip.append(line)
        return _longest(port, body)


def pipelining(port: int, body: bytes) -> str:
    """The longest of 40 good deliveries beside 20 clients that send 65 KB of requests each; and memory."""
    return _flooded(port, body, b"GET / HTTP/1.1\r\nHost:x\r\n\r\n" * 2600)


def tiny_chunks(port: int, body: bytes) -> str:
    """The same while 20 bodies of 500 KB come in chunks of one byte."""
    return _flooded(port, body, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 85_000)


def white_space(port: int, body: bytes) -> str:
    """A good delivery beside a header of 30 KB of white space with a wrong character at its end."""
    with connect(port) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX:" + b" " * 30_000 + b"\x00\r\n\r\n")
        time.sleep(0.05)
        return _took(delivery_takes_s(port, body))


def chunked_over_the_limit(port: int, _body: bytes) -> str:
    """The status of a chunked body of 4 MiB, whose first 512 KiB are allowed."""
    with connect(port) as line:
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        with contextlib.suppress(OSError):
            line.sendall(HEAD + b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n")
            for _ in range(64):
                line.sendall(chunk)
            line.sendall(b"0\r\n\r\n")
        return _status(line)


def two_lengths(port: int, _body: bytes) -> str:
    """The status of a request with both Content-Length and Transfer-Encoding, and whether it is hung up."""
    with connect(port) as line:
        line.sendall(HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        status = _status(line)
        line.settimeout(1)
        try:
            while line.recv(4096):
                pass
        except TimeoutError:
            return f"{status}, kept"
        except OSError:
            pass
        return f"{status}, closed"


def _hung_up_after(port: int, *, first: bytes, drip: bytes) -> str:
    began = time.monotonic()
    try:
        with connect(port) as line:
            line.sendall(first)
            line.settimeout(0.5)
            while time.monotonic() - began < 3 * PATIENCE_S:
                try:
                    line.sendall(drip)
                    if line.recv(4096) == b"":
                        break
                except TimeoutError:
                    continue
            else:
                return f"> {3 * PATIENCE_S:.0f} s"
    except OSError:
        pass
    return f"{time.monotonic() - began:.0f} s"


def _flooded(port: int, body: bytes, flood: bytes) -> str:
    before = memory_mb(port)
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(connect(port)) for _ in range(20)]

        def send(line: socket.socket) -> None:
            with contextlib.suppress(OSError):
                line.sendall(flood)

        sending = [threading.Thread(target=send, args=(line,)) for line in lines]
        for thread in sending:
            thread.start()
        time.sleep(0.05)
        longest = _longest(port, body)
        grown = memory_mb(port) - before
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in sending:
            thread.join()
    return f"{longest}, +{grown:.0f} MB"


def _longest(port: int, body: bytes) -> str:
    took = []
    for _ in range(40):
        took.append(delivery_takes_s(port, body))
        if took[-1] is None:
            return _took(None)
    return _took(max(one for one in took if one is not None))


@contextmanager
def _dripping() -> Iterator[list[socket.socket]]:
    lines: list[socket.socket] = []
    done = threading.Event()

    def drip() -> None:
        while not done.wait(0.5):
            for line in lines:
                with contextlib.suppress(OSError):
                    line.sendall(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        yield lines
    finally:
        done.set()
        dripping.join()


def _status(line: socket.socket) -> str:
    try:
        return line.recv(100).partition(b" ")[2][:3].decode() or "hung up"
    except OSError:
        return "hung up"


def _took(seconds: float | None) -> str:
    return f"> {PATIENCE_S:.0f} s" if seconds is None else f"{seconds * 1000:.0f} ms"


def memory_mb(port: int) -> float:
    """The resident memory of the processes that listen on the port, in MB."""
    return sum(_resident_mb(pid) for pid in listeners(port))


def listeners(port: int) -> list[int]:
    """The processes that hold the listening socket of the port."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(str(file.readlink()) in sockets for file in (process / "fd").iterdir()):
                found.append(int(process.name))
    return found


def _resident_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


PATIENT: dict[str, Callable[[int, bytes], str]] = {
    "a silent connection is closed after": silence,
    "slow headers are cut off after": slow_headers,
    "a slow body is cut off after": slow_body,
}
"""Attacks that take their time and disturb nobody, so that all of them run at once."""
ATTACKS: dict[str, Callable[[int, bytes], str]] = {
    "500 idle sockets, then a delivery": idle_sockets,
    "1,200 idle sockets, 1,024 files, then a delivery": partial(idle_sockets, count=1200),
    "delivery beside 64 slow bodies": slow_bodies,
    "delivery beside 20 times 2,600 pipelined requests": pipelining,
    "delivery beside 20 times 85,000 tiny chunks": tiny_chunks,
    "delivery beside a header of white space": white_space,
    "chunked body over the limit": chunked_over_the_limit,
    "Content-Length with Transfer-Encoding": two_lengths,
}
