"""The sends of each lead: kept before they go out, and in doubt until their answer is known.

A send without a usable answer may be applied up to `deadlines.DOUBT` later, and a worker that was paused may
send after its claim was taken over. So every outcome of such a lead is verified until the doubt is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
import redis
from msgspec import Struct

from router.deadlines import SENT_AND_SILENT, VERIFY_AFTER
from router.store.inbox.inbox import GROUP, InboxEntry
from router.store.keys import Keys
from router.store.leads.leads import State
from router.store.scripts import script
from router.store.sends.send import Send, as_row
from router.timestamps import in_ms

MOST_ROWS: Final = 12
"""Sends kept per lead; a lead is rarely decided more than three times."""


class Sending(Struct, frozen=True):
    """A lead about to be written: it must still be in this state and episode, and its entries claimed by us.

    Without a `send` the write leaves the owner alone.
    """

    contact_id: str
    state: State
    episode: int
    entries: Sequence[InboxEntry]
    send: Send | None


class Sends:
    """The sends of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._keys = keys
        self._begin = script(client, "sends/begin")
        self._doubt = script(client, "sends/doubt")
        self._withdraw = script(client, "sends/withdraw")
        self._end_doubt = script(client, "sends/end_doubt")

    def begin(self, leads: Sequence[Sending], *, consumer: str, now_ms: int) -> frozenset[str]:
        """Keep what is about to be sent, in one round trip; returns the contact ids that may be sent.

        The others were taken over by another worker, or have moved on. Each is looked at later even if
        nobody reports the answer of its send.
        """
        if not leads:
            return frozenset()
        keys = self._keys
        streams = {keys.inbox: 1, keys.inbox_low: 2}
        asked = {
            "now": now_ms,
            "look_at": now_ms + in_ms(SENT_AND_SILENT),
            "leads": [_asked(one, streams=streams) for one in leads],
        }
        names = [keys.verify, keys.inbox, keys.inbox_low, *(keys.lead(one.contact_id) for one in leads)]
        answers = self._begin(keys=names, args=[GROUP, consumer, MOST_ROWS, orjson.dumps(asked)])
        return frozenset(one.contact_id for one, mine in zip(leads, answers, strict=True) if mine)

    def withdraw(self, contact_ids: Iterable[str], *, now_ms: int) -> None:
        """Note that what was kept by `begin` at `now_ms` was certainly not sent, or not applied."""
        names = [self._keys.lead(one) for one in contact_ids]
        if names:
            self._withdraw(keys=names, args=[now_ms])

    def doubt(self, contact_ids: Iterable[str], *, now_ms: int) -> None:
        """Note that what we sent for these leads may still be applied, and have it verified."""
        ids = list(contact_ids)
        if ids:
            names = [self._keys.verify, *(self._keys.lead(one) for one in ids)]
            self._doubt(keys=names, args=[now_ms, now_ms + in_ms(VERIFY_AFTER), *ids])

    def end_doubt(self, unanswered_at_ms: Mapping[str, int]) -> frozenset[str]:
        """End the doubt about leads, by contact id with the moment of the last send without answer as it was
        read; returns those for which nothing was sent since. One round trip.
        """
        if not unanswered_at_ms:
            return frozenset()
        names = [self._keys.lead(one) for one in unanswered_at_ms]
        answers = self._end_doubt(keys=names, args=list(unanswered_at_ms.values()))
        return frozenset(one for one, ended in zip(unanswered_at_ms, answers, strict=True) if ended)


def _asked(one: Sending, *, streams: dict[str, int]) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "id": one.contact_id,
        "state": one.state,
        "episode": one.episode,
        "entries": [[streams[entry.stream], entry.id] for entry in one.entries],
    }
    return asked if one.send is None else asked | {"send": as_row(one.send)}
