"""A throw-away HTTP server that misbehaves as it is told, byte by byte."""

from __future__ import annotations

import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import orjson

TOKEN = "pat-eu1-canary-token"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


Reply = Callable[[socket.socket, threading.Event], None]


def json_reply(
    body: Any, *, status: int = 200, headers: dict[str, str] | None = None, length: int | None = None
) -> Reply:
    """A complete answer; `length` lies about the size."""
    raw = orjson.dumps(body)
    return raw_reply(raw, status=status, headers=headers, length=length)


def raw_reply(
    raw: bytes, *, status: int = 200, headers: dict[str, str] | None = None, length: int | None = None
) -> Reply:
    """Bytes as they are."""

    def reply(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(_head(status, len(raw) if length is None else length, headers) + raw)

    return reply


def drip(*, headers_only: bool) -> Reply:
    """A byte now and then, for ever: every single read of a client is quick."""

    def reply(connection: socket.socket, stop: threading.Event) -> None:
        if not headers_only:
            connection.sendall(_head(200, 1_000_000, None))
        while not stop.wait(0.05):
            connection.sendall(b"H")

    return reply


def endless(connection: socket.socket, stop: threading.Event) -> None:
    """A body without end, as fast as it goes."""
    connection.sendall(_head(200, 10**12, None))
    while not stop.is_set():
        connection.sendall(b" " * 65536)


def silence(connection: socket.socket, stop: threading.Event) -> None:
    """No answer at all."""
    stop.wait()


def reset(connection: socket.socket, _: threading.Event) -> None:
    """A reset in the middle of the body."""
    connection.sendall(_head(200, 1000, None) + b'{"results":')
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionResetError("as the test asked")  # the one that serves closes, which sends the reset


@dataclass
class Responder:
    """Answers each request with the next reply of the script; the last one stays."""

    script: deque[Reply] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._listener.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def replies(self, *script: Reply) -> None:
        self.script.extend(script)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed: the test is over
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        try:
            while request := _read(reader):
                self.seen.append(request)
                reply = self.script.popleft() if len(self.script) > 1 else self.script[0]
                reply(connection, self._stop)
        except OSError:
            return  # the client hung up, which is what many tests want
        finally:
            reader.close()
            connection.close()


def _read(reader: Any) -> Seen | None:
    line = reader.readline().decode()
    if not line:
        return None
    method, path, _ = line.split(" ", 2)
    headers: dict[str, str] = {}
    while text := reader.readline().decode().strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    raw = reader.read(int(headers.get("content-length", "0")))
    return Seen(method, path, headers, orjson.loads(raw) if raw else None)


def _head(status: int, length: int, headers: dict[str, str] | None) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", "Content-Type: application/json", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
