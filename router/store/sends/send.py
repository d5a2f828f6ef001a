"""One send, and how it is kept in a lead's hash."""

from __future__ import annotations

from typing import Any

import orjson
from msgspec import Struct


class Send(Struct, frozen=True):
    """One owner that we sent to HubSpot for a lead.

    `expected_owner_id` is the owner that the record had when we read it ("" for nobody, None if that is not
    known any more), `seen_ms` HubSpot's moment of the record's last change at that time (epoch ms; 0 if not
    known). `decision_id` is "" for a person's choice that we gave back. `sent_at_ms` is ours (epoch ms).
    """

    episode: int
    owner_id: str
    expected_owner_id: str | None
    seen_ms: int
    decision_id: str = ""
    sent_at_ms: int = 0


def as_row(send: Send) -> list[Any]:
    """The send as it is kept in Redis."""
    return [
        send.episode,
        send.owner_id,
        send.expected_owner_id,
        send.seen_ms,
        send.decision_id,
        send.sent_at_ms,
    ]


def sends_of(text: str | None) -> tuple[Send, ...]:
    """The sends kept in a lead's hash, first to last."""
    return tuple(Send(*row) for row in orjson.loads(text)) if text else ()


def as_text(*sends: Send) -> str:
    """The sends as the field of a lead's hash."""
    return orjson.dumps([as_row(one) for one in sends]).decode()
