"""The outbox: decisions and events on their way to the SQL ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, cast

import orjson
import redis
from msgspec import Struct

from router.store.keys import Keys

MOST_WAITING: Final = 300_000
"""Entries, of about 100,000 leads, above which no lead is taken from the inbox until the ledger took some."""


class OutboxEntry(Struct, frozen=True):
    """One entry: a whole decision, or an event in the life of a lead. `id` is unique for ever.

    `text` is its record as JSON; `record` is that of an event, and empty for a decision, of which the ledger
    needs a part.
    """

    id: str
    kind: Literal["decision", "event"]
    contact_id: str
    text: str
    record: dict[str, Any]


class Outbox:
    """A stream that Lua fills in the same step that changes state, and that one recorder empties."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys

    def lines(self, *, limit: int = 500) -> tuple[OutboxEntry, ...]:
        """The oldest entries that the ledger may not have yet; reading removes none."""
        rows = cast("list[tuple[str, dict[str, str]]]", self._redis.xrange(self._keys.outbox, count=limit))
        return tuple(
            OutboxEntry(
                id=entry_id,
                kind=cast("Literal['decision', 'event']", fields["kind"]),
                contact_id=fields["contact"],
                text=fields["record"],
                record=orjson.loads(fields["record"]) if fields["kind"] == "event" else {},
            )
            for entry_id, fields in rows
        )

    def recorded(self, lines: Sequence[OutboxEntry]) -> None:
        """Drop entries that the ledger has; call it only after the ledger's transaction succeeded."""
        if lines:
            self._redis.xdel(self._keys.outbox, *(entry.id for entry in lines))

    def remember_ledger(self, name: str) -> None:
        """Record the name of the database in which the ledger was usable just now."""
        self._redis.set(self._keys.ledger_seen, name)

    def had_ledger(self, name: str) -> bool:
        """True if the ledger was usable there before, so that a missing file is no new ledger."""
        return bool(self._redis.get(self._keys.ledger_seen) == name)

    def length(self) -> int:
        """Number of entries that wait."""
        return self._redis.xlen(self._keys.outbox)
