"""The two steps that change state, one Lua call each: commit decisions, and move leads on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Literal, cast

import orjson
import redis
from msgspec import Struct, field

from router.deadlines import DOUBT, VERIFY_AFTER
from router.policy.shares.share_book import NOT_REFUNDED, RETURNED, UNITS
from router.store import lead_fields
from router.store.inbox.inbox import GROUP, InboxEntry
from router.store.keys import Keys
from router.store.leads.leads import LeadState, State
from router.store.leads.open_leads import parts_of
from router.store.leads.queues import rank
from router.store.leads.revisable import Revisable, as_text
from router.store.scripts import script
from router.timestamps import in_ms

REMEMBERED: Final = timedelta(days=90)
"""Time that a finished lead is remembered; forgetting it is safe, because its owner stands on the record."""


class Memory(Struct, frozen=True):
    """Memory of a lead's company that a commit writes (see company_memory.py): one text under each key.

    `person` is that one of the keys which stands for the lead's own mail address; "" for none.
    """

    keys: tuple[str, ...]
    text: str
    lasts_s: int
    person: str = ""


class NewDecision(Struct, frozen=True):
    """One decision on its way into the store. `record` goes to the ledger, `paid` is added to the book."""

    contact_id: str
    episode: int
    decision_id: str
    owner_id: str
    expected_owner_id: str
    changes: Mapping[str, str]
    paid: Mapping[str, int]
    record: bytes
    queue: str = ""
    entry_id: str = ""
    """Id of the inbox entry that is claimed for it."""
    kept: bytes = b""
    """What the queue keeps of a decision that queues the lead; see `queued_record`."""
    shadow: bool = False
    """True for a decision made for comparison only: the lead is finished at once and never written."""
    memory: Memory | None = None
    """Memory of the owner whom the company's next lead follows."""
    refundable: Mapping[str, int] | None = None
    """What a refund takes back; None: all of `paid`."""
    forgets: bool = False
    """True if what the lead's decision before left in the memory of its company is dropped."""
    trigger: Mapping[str, object] | None = None
    """Trigger of a reassignment or revision, kept until its decision is written."""
    assignment: Mapping[str, object] | None = None
    """The rep's `Assignment`, for the SLA checks of the lead."""
    percent_behind: int = 0
    """SLA steps up to this per cent are done: a revision that leaves the lead with its rep repeats none."""
    revisable: Revisable | None = None
    """What a revision compares with; None for a decision that cannot be revised."""
    revise_until_ms: int = 0
    """Until when it can be revised, epoch milliseconds."""


class Committed(Struct, frozen=True):
    """All decisions of the batch are committed."""


class Outdated(Struct, frozen=True):
    """Another process has committed since the book was read: read it again and decide again."""


class Lost(Struct, frozen=True):
    """Leads that another process decided first, or that are being erased; nothing was committed."""

    contact_ids: frozenset[str]


class Transition(Struct, frozen=True):
    """One lead's next state, with everything that goes with it.

    `verify_at_ms`: when to verify its owner. `refund`: take back what its decision added to the book.
    `parked`: why a person is needed. `event`: the event for the ledger. `keep`: never forget the state.
    `queue`: the team in whose queue it waits from now on, `score`: its score there. `announce`: have it
    decided again, when no new lead waits, or with `announce_first` like a new lead. `watch_at_ms`: when to
    check whether its rep works on it. `revise_at_ms`: when to look whether its facts have changed.
    `owner_id`: condition, the owner that Redis remembers ("" for nobody). Times are epoch milliseconds.
    """

    contact_id: str
    episode: int
    state: State
    come_from: frozenset[State | None]
    entries: Sequence[InboxEntry] = ()
    set: Mapping[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    owner_id: str | None = None
    verify_at_ms: int | None = None
    watch_at_ms: int | None = None
    revise_at_ms: int | None = None
    refund: bool = False
    parked: Mapping[str, str | int] | None = None
    queue: str | None = None
    score: int = 0
    announce: bool = False
    announce_first: bool = False
    event: Mapping[str, str | int | None] | None = None
    count: str | None = None
    keep: bool = False
    paid: Mapping[str, int] | None = None
    """What to give back where the lead has it no longer; the ledger knows what its decision paid."""
    memory: Literal["person", "forget"] | None = None
    """The memories of the lead's owner go with a share that is given back: all of them (None), or all but
    that of its own mail address (`person`). `forget`: they go in any case."""
    answered: bool = False
    """True if HubSpot has confirmed or refused the write that was sent for the lead."""


class Commits:
    """The book of shares and the states of leads, changed together or not at all."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._commit = script(client, "leads/commit")
        self._finish = script(client, "leads/finish")

    def read_book(self, days: Collection[date] = ()) -> tuple[dict[str, int], int]:
        """The fields of the book with the counts of these days, and the version that a commit has to name.

        One round trip; the caller owns the fields.
        """
        with self._redis.pipeline() as pipeline:
            pipeline.hgetall(self._keys.book)
            for day in days:
                pipeline.hgetall(self._keys.book_of_day(day.isoformat()))
            hashes = cast("list[dict[str, str]]", pipeline.execute())
        fields = {name: int(value) for one in hashes for name, value in one.items()}
        return fields, fields.pop("version", 0)

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """Set fields of the book, but for counts of a day; decisions under way become outdated."""
        if not counts:
            return
        with self._redis.pipeline() as pipeline:
            pipeline.hset(self._keys.book, mapping={name: str(count) for name, count in counts.items()})
            pipeline.hincrby(self._keys.book, "version", 1)
            pipeline.execute()

    def commit(
        self, decisions: Sequence[NewDecision], *, version: int, now_ms: int
    ) -> Committed | Outdated | Lost:
        """Commit all decisions or none; the first decision per lead and episode wins."""
        book: dict[str, int] = {}
        leads: list[dict[str, object]] = []
        for one in decisions:
            rest, opens, joins = parts_of(one.paid)
            for name, delta in rest.items():
                book[name] = book.get(name, 0) + delta
            fields = fields_of(one)
            refundable = one.paid if one.refundable is None else one.refundable
            fields += (lead_fields.PAID, orjson.dumps(dict(refundable)).decode())
            lead = {"id": one.contact_id, "episode": one.episode, "fields": fields}
            lead |= {"opens": opens, "joins": joins, "forgets": one.forgets}
            leads.append(lead | _memory(one.memory))
        asked = {
            "now": now_ms,
            "queues": self._keys.queue(""),
            "days": self._keys.book_of_day(""),
            "settling": self._keys.settling,
            "book": {name: str(delta) for name, delta in book.items()},
            "leads": leads,
        }
        names = [self._keys.book, self._keys.outbox, self._keys.erasures]
        names += [self._keys.lead(one.contact_id) for one in decisions]
        names += [key for one in decisions if one.memory for key in one.memory.keys]
        records = [one.record for one in decisions]
        answer = self._commit(keys=names, args=[version, orjson.dumps(asked), *records])
        if answer[0] == 1:
            return Committed()
        if answer[0] == 0:
            return Outdated()
        return Lost(frozenset(decisions[index].contact_id for index in answer[1:]))

    def finish(self, transitions: Sequence[Transition], *, now_ms: int) -> tuple[bool, ...]:
        """Move leads to their next state and acknowledge their entries.

        False stands for a lead that was not in a state it had to come from.
        """
        if not transitions:
            return ()
        keys = self._keys
        streams = {keys.inbox: 1, keys.inbox_low: 2}
        asked = {
            "now": now_ms,
            "queues": keys.queue(""),
            "days": keys.book_of_day(""),
            "tended": keys.tended,
            "low_ids": keys.low_ids,
            "erasures": keys.erasures,
            "settling": keys.settling,
            "watched": keys.watched,
            "overdue": keys.overdue,
            "revise": keys.revise,
            "not_refunded": NOT_REFUNDED,
            "units": UNITS,
            "returned": RETURNED,
            "doubt": in_ms(DOUBT),
            "soon": in_ms(VERIFY_AFTER),
            "leads": [_asked(one, streams=streams, keys=keys, now_ms=now_ms) for one in transitions],
        }
        names = [keys.book, keys.outbox, keys.verify, keys.parked, keys.queues, keys.counts]
        names += [keys.inbox, keys.inbox_low, *(keys.lead(one.contact_id) for one in transitions)]
        answer = self._finish(keys=names, args=[GROUP, REMEMBERED.days, orjson.dumps(asked)])
        return tuple(bool(moved) for moved in answer)


def fields_of(decision: NewDecision) -> list[str]:
    """The fields of a lead's hash that a decision sets, name after name; the caller adds the paid shares."""
    fields = [
        *(lead_fields.OWNER, decision.owner_id),
        *(lead_fields.EXPECTED_OWNER, decision.expected_owner_id),
        *(lead_fields.DECISION_ID, decision.decision_id),
        *(lead_fields.QUEUE, decision.queue),
        *(lead_fields.ENTRY_ID, decision.entry_id),
        *(lead_fields.CHANGES, orjson.dumps(dict(decision.changes)).decode()),
    ]
    if decision.kept:  # the queue decides again from these facts, without asking HubSpot
        fields += (lead_fields.RECORD, decision.kept.decode())
    if decision.shadow:
        fields += (lead_fields.STATE, State.SHADOW)
    if decision.trigger:
        fields += (lead_fields.TRIGGER, orjson.dumps(decision.trigger).decode())
    if decision.assignment:
        fields += (lead_fields.ASSIGNMENT, orjson.dumps(decision.assignment).decode())
    if decision.percent_behind:
        fields += (lead_fields.PERCENT_BEHIND, str(decision.percent_behind))
    if decision.revisable is not None:
        fields += (lead_fields.REVISABLE, as_text(decision.revisable))
        fields += (lead_fields.REVISE_UNTIL, str(decision.revise_until_ms))
    if decision.memory:
        fields += (lead_fields.MEMORY_KEYS, orjson.dumps(decision.memory.keys).decode())
        if decision.memory.person:
            fields += (lead_fields.PERSON_KEY, decision.memory.person)
    return fields


def state_after(new: NewDecision, *, at_ms: int, before: LeadState | None) -> LeadState:
    """The lead as `commit` leaves it in Redis, without reading it again; `before` is what it was."""
    return LeadState(
        contact_id=new.contact_id,
        episode=new.episode,
        state=State.SHADOW if new.shadow else State.DECIDED,
        owner_id=new.owner_id,
        expected_owner_id=new.expected_owner_id,
        decision_id=new.decision_id,
        at_ms=at_ms,
        changes=new.changes,
        queue=new.queue,
        entry_id=new.entry_id,
        assignment=new.assignment,
        sends=before.sends if before else (),
        unanswered_at_ms=before.unanswered_at_ms if before else 0,
        percent_behind=new.percent_behind,
        revisable=new.revisable,
        revise_until_ms=new.revise_until_ms,
    )


def opens_of(paid: Mapping[str, int]) -> dict[str, object]:
    """A decision's effect on open counts, in the form that the scripts take."""
    _rest, opens, joins = parts_of(paid)
    return {"opens": opens, "joins": joins}


def _memory(memory: Memory | None) -> dict[str, str | int]:
    if memory is None:
        return {"memories": 0}
    return {"memories": len(memory.keys), "memory": memory.text, "memory_s": memory.lasts_s}


def _asked(one: Transition, *, streams: Mapping[str, int], keys: Keys, now_ms: int) -> dict[str, object]:
    asked: dict[str, object] = {
        "id": one.contact_id,
        "episode": one.episode,
        "state": one.state,
        "from": [state or "" for state in one.come_from],
        "entries": [[streams[entry.stream], entry.id] for entry in one.entries],
        "set": [part for pair in one.set.items() for part in pair],
        "drop": one.drop,
        "refund": one.refund,
        "keep": one.keep,
    }
    optional = {
        "owner": one.owner_id,
        "verify_at": one.verify_at_ms,
        "watch_at": one.watch_at_ms,
        "revise_at": one.revise_at_ms,
        "answered": True if one.answered else None,
        "paid": orjson.dumps(dict(one.paid)).decode() if one.paid is not None else None,
        "memory": one.memory,
        "parked": orjson.dumps(one.parked).decode() if one.parked else None,
        "queue": _place(one, keys=keys, now_ms=now_ms) if one.queue else None,
        "announce": "first" if one.announce_first else "last" if one.announce else None,
        "event": orjson.dumps(one.event).decode() if one.event else None,
        "count": one.count,
    }
    return asked | {name: value for name, value in optional.items() if value is not None}


def _place(one: Transition, *, keys: Keys, now_ms: int) -> list[str]:
    since_ms = int(one.set.get(lead_fields.QUEUED_SINCE, now_ms))
    return [keys.queue(one.queue or ""), one.queue or "", str(rank(one.score, since_ms=since_ms))]
