"""What comes back from HubSpot: a whole answer, or none."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class HttpResponse(Struct, frozen=True):
    """A whole answer: status, headers (names in any case) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TransportError(Exception):
    """No whole answer came back. `sent` is False only when the request certainly was never sent."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent
