"""Sending one request to HubSpot and reading its answer, within a deadline and a size.

The official client has its own `rest_client`; this one takes its place. It differs in three things: the
deadline is for the whole call (a socket timeout starts anew with every byte, so a server that drips would
hold a worker for ever), the size is capped while reading, and every status is an answer rather than one of
seven exceptions named ApiException.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast
from urllib.parse import urlencode

import orjson
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from router.hubspot.api.http_response import HttpResponse, TransportError

CONNECT_S: Final = 5.0
CHUNK_BYTES: Final = 65_536


class _Clock(threading.local):
    """The moment at which this thread's call has to be over (monotonic seconds)."""

    ends_at: float = float("inf")

    def left_s(self) -> float:
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the call has passed")
        return left


_clock = _Clock()


class _TimedReader(io.RawIOBase):
    """Reads from a socket; each read gets only the remaining time of the call's deadline."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._raw = connected.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(_clock.left_s())
        return cast(io.RawIOBase, self._raw).readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """A response whose headers and body are read against the call's deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


class _PlainConnection(HTTPConnection):
    response_class = _TimedResponse


class _SecureConnection(HTTPSConnection):
    response_class = _TimedResponse


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Transport:
    """One connection pool for all API objects; safe to use from many threads.

    Takes the place of the official client's `rest_client`. `_request_timeout` is the deadline of the whole
    call in seconds.
    """

    def __init__(self, *, api_version: str, connections: int, most_bytes: int, deadline_s: float) -> None:
        self._api_version = api_version
        self._most_bytes = most_bytes
        self._deadline_s = deadline_s
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=connections)
        self._pool.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def GET(self, url: str, **call: Any) -> HttpResponse:  # noqa: N802 - the official client's name for it
        """Send a GET."""
        return self._send("GET", url, **call)

    def POST(self, url: str, **call: Any) -> HttpResponse:  # noqa: N802 - the official client's name for it
        """Send a POST."""
        return self._send("POST", url, **call)

    def _send(
        self,
        method: str,
        url: str,
        *,
        query_params: Sequence[tuple[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        _request_timeout: float | None = None,
        **_unused: Any,  # _preload_content and post_params: bodies here are always raw and JSON
    ) -> HttpResponse:
        path = versioned(url, self._api_version)
        if query_params:
            path += "?" + urlencode([(name, _plain(value)) for name, value in query_params])
        with _deadline(_request_timeout or self._deadline_s):
            try:
                response = self._pool.request(
                    method,
                    path,
                    body=None if body is None else orjson.dumps(body),
                    headers=dict(headers or {}),
                    timeout=urllib3.Timeout(connect=min(CONNECT_S, _clock.left_s()), read=_clock.left_s()),
                    retries=False,
                    redirect=False,  # the token must not reach another host
                    preload_content=False,
                )
                return self._read(response)
            except (NewConnectionError, ConnectTimeoutError, NameResolutionError) as error:
                raise TransportError(_words(error), sent=False) from error
            except (HTTPError, http.client.HTTPException, OSError) as error:
                raise TransportError(_words(error), sent=True) from error

    def _read(self, response: urllib3.BaseHTTPResponse) -> HttpResponse:
        parts: list[bytes] = []
        size = 0
        whole = False
        try:
            while chunk := response.read(CHUNK_BYTES, decode_content=False):
                size += len(chunk)
                if size > self._most_bytes:
                    raise TransportError(f"the answer is larger than {self._most_bytes} bytes", sent=True)
                parts.append(chunk)
            whole = True
        finally:
            if not whole:
                response.close()  # half-read: this connection must not serve another call
            response.release_conn()
        return HttpResponse(response.status, response.headers, b"".join(parts))


def versioned(url: str, api_version: str) -> str:
    """The same resource in the API version of the portal's choice; the client knows only `v3`.

    `/crm/v3/objects/contacts` is `/crm/objects/2026-03/contacts` in dated versions.
    """
    head, separator, tail = url.rstrip("/").partition("/crm/v3/")
    if api_version == "v3" or not separator:
        return url.rstrip("/")
    family, _, rest = tail.partition("/")
    return f"{head}/crm/{family}/{api_version}/{rest}".rstrip("/")


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    _clock.ends_at = time.monotonic() + seconds
    try:
        yield
    finally:
        _clock.ends_at = float("inf")


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _words(error: Exception) -> str:
    """The kind of failure; the error's own text may hold addresses and nothing a person can act on."""
    return type(error).__name__
