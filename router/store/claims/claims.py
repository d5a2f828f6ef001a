"""Claims and releases by reps: the first one wins, and its limits are checked in the same Lua call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, TypeAlias

import orjson
import redis
from msgspec import Struct, field

from router.store import lead_fields
from router.store.keys import Keys
from router.store.leads.commits import NewDecision, fields_of, opens_of
from router.store.leads.leads import State
from router.store.leads.open_leads import parts_of
from router.store.scripts import script
from router.timestamps import in_ms

HOUR: Final = timedelta(hours=1)


class ClaimLimits(Struct, frozen=True):
    """A rep's limits: the most each field of the book may hold, and claims per hour (None: no limit)."""

    book: Mapping[str, int] = field(default_factory=dict)
    claims_per_hour: int | None = None


class ClaimCommitted(Struct, frozen=True):
    """The claim or release is committed and in the inbox; a worker writes it to HubSpot."""


class Elsewhere(Struct, frozen=True):
    """The lead is not in the required state or episode; `state` is None when the lead is unknown."""

    state: State | None
    owner_id: str
    episode: int


class Erased(Struct, frozen=True):
    """The contact is being erased."""


class Full(Struct, frozen=True):
    """The rep has `count` in this field of the book, which is the most it may hold."""

    field: str
    count: int


class TooOften(Struct, frozen=True):
    """The rep made `claims` claims within an hour; the next one is allowed at `again_at_ms` (epoch ms)."""

    claims: int
    again_at_ms: int


HandedOver: TypeAlias = ClaimCommitted | Elsewhere | Erased | Full | TooOften


class ClaimStore:
    """Commits claims and releases of one portal, each in one Lua call."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._keys = keys
        self._commit = script(client, "claims/claim")

    def claim(self, decision: NewDecision, *, rep: str, limits: ClaimLimits, now_ms: int) -> HandedOver:
        """Give a waiting lead to the rep; the limits hold however many reps claim at once."""
        come_from = (State.QUEUED, State.REOPENED)
        return self._ask(decision, rep=rep, come_from=come_from, limits=limits, now_ms=now_ms, claims=True)

    def release(
        self, decision: NewDecision, *, rep: str, released_by: tuple[str, ...], now_ms: int
    ) -> HandedOver:
        """Send a lead of the rep back to the queue that the decision names.

        `released_by` are the reps who gave it back or lost it so far, this one included.
        """
        come_from = (State.WRITTEN, State.DONE, State.HUMAN)
        return self._ask(
            decision,
            rep=rep,
            come_from=come_from,
            now_ms=now_ms,
            more=(lead_fields.RELEASED_BY, ",".join(released_by)),
        )

    def _ask(
        self,
        decision: NewDecision,
        *,
        rep: str,
        come_from: tuple[State, ...],
        now_ms: int,
        limits: ClaimLimits | None = None,
        claims: bool = False,
        more: tuple[str, ...] = (),
    ) -> HandedOver:
        keys, limits = self._keys, limits or ClaimLimits()
        refundable = decision.paid if claims else {}
        asked = {
            "id": decision.contact_id,
            "episode": decision.episode,
            "from": come_from,
            "now": now_ms,
            "fields": [
                *fields_of(decision),
                lead_fields.PAID,
                orjson.dumps(dict(refundable)).decode(),
                *more,
            ],
            "keep": [
                lead_fields.QUEUED_SINCE,
                lead_fields.RELEASED_BY,
                lead_fields.TIMES_TAKEN,
                lead_fields.TASKS,
                lead_fields.SENDS,
                lead_fields.SENDING,
                lead_fields.DOUBT,
            ],
            "record": decision.record.decode(),
            "book": {name: str(delta) for name, delta in parts_of(decision.paid)[0].items()},
            **opens_of(decision.paid),
            "limits": list(limits.book.items()),
            "hour": in_ms(HOUR),
            "counts_as_claim": claims,
            "queues": keys.queue(""),
            "days": keys.book_of_day(""),
        }
        if limits.claims_per_hour is not None:
            asked["claims_most"] = limits.claims_per_hour
        names = [keys.lead(decision.contact_id), keys.book, keys.outbox, keys.inbox, keys.erasures]
        memory = decision.memory
        if memory is not None:
            asked |= {"memory": memory.text, "memory_s": memory.lasts_s}
        remembered = memory.keys if memory is not None else ()
        answer = self._commit(keys=[*names, keys.claims(rep), *remembered], args=[orjson.dumps(asked)])
        match answer:
            case ["done"]:
                return ClaimCommitted()
            case ["erased"]:
                return Erased()
            case ["elsewhere", state, owner_id, episode]:
                return Elsewhere(State(state) if state else None, owner_id, int(episode))
            case ["full", name, count]:
                return Full(name, int(count))
            case ["often", made, again_at_ms]:
                return TooOften(int(made), int(again_at_ms))
        raise ValueError(f"claim.lua answered {answer!r}.")
