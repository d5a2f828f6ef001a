"""Restoring a Redis that was emptied: the book of shares, and the state of each lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast

import orjson
import redis
from msgspec import Struct, field

from router.plain import as_plain
from router.store import lead_fields
from router.store.keys import Keys
from router.store.leads.commits import REMEMBERED
from router.store.leads.leads import LeadState, State
from router.store.leads.queues import rank
from router.store.scripts import script
from router.store.sends.send import as_text
from router.timestamps import epoch_ms

_REBUILD: Final = "rebuild"
_LOST_WRITES: Final = "lost_writes"
_FOR_EVER: Final = frozenset({State.DECIDED, State.WRITTEN, State.QUEUED})


class Rebuild(Struct, frozen=True):
    """Progress of a rebuild: leads decided from `since` to `until` (ISO), done up to the page `after`."""

    since: str
    until: str
    after: str = ""


class LostWrites(Struct, frozen=True):
    """The search for writes that Redis has lost: on contacts changed since `since` (ISO), from `after_id` on.

    `looks_ms` are the moments (epoch ms) of the searches still to be made, the next one first.
    """

    since: str
    looks_ms: tuple[int, ...]
    after_id: str = "0"


class RestoredLead(Struct, frozen=True):
    """A lead as it has to be remembered again.

    `record` is its decision if it waits in a queue, `score` its score there. `announce`: have it routed on.
    `event`: the event for the ledger. `open_with`: the field of the book under which it counts as open; the
    book is not changed. Times are epoch milliseconds.
    """

    state: LeadState
    score: int = 0
    record: bytes = b""
    verify_at_ms: int | None = None
    watch_at_ms: int | None = None
    announce: bool = False
    event: Mapping[str, str | None] = field(default_factory=dict)
    open_with: str = ""


class Restoration:
    """The restoration of one portal. Everything here is safe to repeat."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._restore_book = script(client, "repair/restore_book")
        self._rebuild = script(client, "repair/rebuild")

    def is_whole(self) -> bool:
        """False in a Redis that is new or was emptied, until `restore_book`."""
        return bool(self._redis.exists(self._keys.whole))

    def restore_book(
        self,
        fields: Mapping[str, int],
        *,
        at: datetime,
        rebuild: Rebuild | None,
        lost_writes: LostWrites | None = None,
    ) -> bool:
        """Write the book anew, and request the rebuild of states and the search for lost writes; False if
        there is a book already.
        """
        texts = {name: str(value) for name, value in fields.items()}
        names = [self._keys.book, self._keys.whole, self._keys.reconciled]
        asked = (orjson.dumps(as_plain(one)).decode() if one else "" for one in (rebuild, lost_writes))
        days = self._keys.book_of_day("")
        return bool(self._restore_book(keys=names, args=[at.isoformat(), orjson.dumps(texts), *asked, days]))

    def lost_writes(self) -> LostWrites | None:
        """The search for lost writes that is to be made or continued, or None."""
        text = cast("str | None", self._redis.hget(self._keys.reconciled, _LOST_WRITES))
        if not text:
            return None
        found = orjson.loads(text)
        return LostWrites(found["since"], tuple(found["looks_ms"]), found["after_id"])

    def put_lost_writes(self, search: LostWrites) -> None:
        """Record how far the search for lost writes is; without further looks it is over."""
        if search.looks_ms:
            self._redis.hset(self._keys.reconciled, _LOST_WRITES, orjson.dumps(as_plain(search)).decode())
        else:
            self._redis.hdel(self._keys.reconciled, _LOST_WRITES)

    def rebuild(self) -> Rebuild | None:
        """The rebuild that is to be done or continued, or None."""
        text = cast("str | None", self._redis.hget(self._keys.reconciled, _REBUILD))
        return Rebuild(**orjson.loads(text)) if text else None

    def put(self, rebuild: Rebuild) -> None:
        """Record how far the rebuild is."""
        self._redis.hset(self._keys.reconciled, _REBUILD, orjson.dumps(as_plain(rebuild)).decode())

    def close(self) -> None:
        """Record that the rebuild is complete."""
        self._redis.hdel(self._keys.reconciled, _REBUILD)

    def remember(self, leads: Sequence[RestoredLead], *, now_ms: int) -> tuple[bool, ...]:
        """Remember leads again; False for a lead that is known already, or is being erased."""
        if not leads:
            return ()
        keys = self._keys
        asked = {"now": now_ms, "watched": keys.watched, "leads": [self._asked(lead) for lead in leads]}
        names = [keys.erasures, keys.queues, keys.tended, keys.verify, keys.inbox_low, keys.low_ids]
        names += [keys.outbox, *(keys.lead(lead.state.contact_id) for lead in leads)]
        answer = self._rebuild(keys=names, args=[REMEMBERED.days, orjson.dumps(asked)])
        return tuple(bool(one) for one in answer)

    def _asked(self, lead: RestoredLead) -> dict[str, object]:
        state = lead.state
        optional = {
            "queue": self._place(lead) if state.state is State.QUEUED else None,
            "verify_at": lead.verify_at_ms,
            "watch_at": lead.watch_at_ms,
            "announce": lead.announce or None,
            "event": orjson.dumps(dict(lead.event)).decode() if lead.event else None,
        }
        return {
            "id": state.contact_id,
            "fields": _fields(lead),
            "keep": state.state in _FOR_EVER,
        } | {name: value for name, value in optional.items() if value is not None}

    def _place(self, lead: RestoredLead) -> list[str]:
        team = lead.state.queue
        return [self._keys.queue(team), team, str(rank(lead.score, since_ms=lead.state.queued_since_ms))]


def _fields(lead: RestoredLead) -> list[str]:
    state = lead.state
    named = {
        lead_fields.EPISODE: str(state.episode),
        lead_fields.STATE: str(state.state),
        lead_fields.OWNER: state.owner_id,
        lead_fields.EXPECTED_OWNER: state.expected_owner_id,
        lead_fields.DECISION_ID: state.decision_id,
        lead_fields.AT: str(state.at_ms),
        lead_fields.QUEUE: state.queue,
        lead_fields.ENTRY_ID: "",
        lead_fields.CHANGES: orjson.dumps(dict(state.changes)).decode() if state.changes else None,
        lead_fields.QUEUED_SINCE: str(state.queued_since_ms) if state.queued_since_ms else None,
        lead_fields.RELEASED_BY: ",".join(state.released_by) or None,
        lead_fields.RECORD: lead.record.decode() or None,
        lead_fields.ASSIGNMENT: orjson.dumps(state.assignment).decode() if state.assignment else None,
        lead_fields.TIMES_TAKEN: str(state.times_taken) if state.times_taken else None,
        lead_fields.PERCENT_BEHIND: str(state.percent_behind) if state.percent_behind else None,
        lead_fields.TASKS: ",".join(str(epoch_ms(one)) for one in state.tasks) or None,
        lead_fields.OPEN_WITH: lead.open_with or None,
        lead_fields.SENDS: as_text(*state.sends) if state.sends else None,
        lead_fields.DOUBT: str(state.unanswered_at_ms) if state.unanswered_at_ms else None,
    }
    return [part for name, value in named.items() if value is not None for part in (name, value)]
