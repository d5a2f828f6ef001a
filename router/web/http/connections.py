"""The connections of the web server: how long they may wait, and which one goes when there are too many."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Collection, Iterator, Set
from typing import Any, Final

import waitress.channel
import waitress.server
from msgspec import Struct
from waitress.adjustments import Adjustments

from router.web.http.parser import Parser

MOST_UNANSWERED: Final = 4
"""Requests of a connection that are read ahead of their answers; the rest of its bytes waits."""

ACCEPTED_AT_ONCE: Final = 64
"""Connections accepted in one turn of the loop, so that nobody waits behind those who come and go."""


class Limits(Struct, frozen=True):
    """What one client may take.

    A request has to be complete `request_s` seconds after its first byte, the first one of a connection that
    long after the connection was opened. At `connections` connections, or `per_client` of one address, the
    longest idle one is closed for a new one.
    """

    request_s: float = 10
    connections: int = 500
    per_client: int = 50


class Channel(waitress.channel.HTTPChannel):  # type: ignore[misc] # waitress has no types
    """A connection. `quiet_since` says when it was opened or had its last answer (monotonic seconds)."""

    request: Parser | _Held | None

    def __init__(self, server: Server, sock: Any, address: Any, options: Adjustments, **named: Any) -> None:
        self.client = client_of(address[0])
        self.quiet_since = time.monotonic()
        self._has_asked = False
        super().__init__(server, sock, address, options, **named)

    def parser_class(self, options: Adjustments) -> Parser | _Held:
        """The reader of the next bytes: they are parsed, or kept while enough requests wait."""
        return Parser(options) if len(self.requests) < MOST_UNANSWERED else _Held()

    def readable(self) -> bool:
        """Whether to read more. Asked at each turn of the loop, also right after the last answer."""
        may_read = bool(super().readable())
        if not isinstance(self.request, _Held):
            return may_read
        if may_read:
            kept, self.request = self.request.data, None
            self.received(kept)
        return False

    def service(self) -> None:
        """Answer a request; on a thread of its own."""
        self._has_asked, self.quiet_since = True, time.monotonic()
        super().service()
        self.quiet_since = time.monotonic()

    def is_late(self, *, request_s: float) -> bool:
        """Whether the request that arrives, or the first one, should have been complete by now."""
        if self.requests or isinstance(self.request, _Held):
            return False
        if not self._has_asked:
            return time.monotonic() - self.quiet_since > request_s
        return self.request is not None and time.monotonic() - self.request.began > request_s

    def is_idle(self) -> bool:
        """Whether nothing arrives, is worked on or is being sent."""
        return not (self.requests or self.request is not None or self.total_outbufs_len)

    def may_go(self) -> tuple[bool, float]:
        """The order in which connections are closed for others: idle ones first, the longest idle before."""
        began = self.quiet_since if self.request is None else self.request.began
        return not self.is_idle(), began


class _Held:
    """Bytes of requests that are not read yet, because enough others wait for their answers."""

    expect_continue = False
    completed = False

    def __init__(self) -> None:
        self.data = b""
        self.began = time.monotonic()

    def received(self, data: bytes) -> int:
        self.data = data
        return len(data)


class Server(waitress.server.TcpWSGIServer):  # type: ignore[misc] # waitress has no types
    """The server with its limits; `closed` gets the address of a client whose connection had to go."""

    channel_class = Channel

    def __init__(
        self, application: Any, options: Adjustments, limits: Limits, closed: Callable[[str], None]
    ) -> None:
        self._limits = limits
        self._closed = closed
        super().__init__(application, map={}, adj=options, sockinfo=options.listen[0])

    def maintenance(self, now: float) -> None:
        """Close what is late; every few seconds."""
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.is_late(request_s=self._limits.request_s):
                channel.will_close = True

    def handle_accept(self) -> None:
        """Accept the connections that wait, and close others if that makes too many."""
        new = set(self._accepted())
        by_client: dict[str, list[Channel]] = {}
        for channel in self.active_channels.values():
            by_client.setdefault(channel.client, []).append(channel)
        for client in {channel.client for channel in new}:
            self._close_surplus(by_client[client], most=self._limits.per_client, new=new)
        self._close_surplus(self.active_channels.values(), most=self._limits.connections, new=new)

    def _accepted(self) -> Iterator[Channel]:
        for _ in range(ACCEPTED_AT_ONCE):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                return
            yield next(reversed(self.active_channels.values()))

    def _close_surplus(self, channels: Collection[Channel], *, most: int, new: Set[Channel]) -> None:
        """Close as many connections as are too many: the new ones last, and none that waits for an answer."""
        surplus = len(channels) - most
        if surplus <= 0:
            return
        may_go = [channel for channel in channels if not channel.requests]
        may_go.sort(key=lambda channel: (channel in new, *channel.may_go()))
        for channel in may_go[:surplus]:
            channel.handle_close()
            self._closed(channel.client)


def client_of(address: str) -> str:
    """Whose connection it is: an IPv4 address, or the network of 64 bits that one IPv6 client has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
