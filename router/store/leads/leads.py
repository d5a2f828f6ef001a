"""The remembered state of each lead: its episode, its state, and the owner we chose.

A lead goes decided → written → done. Before that it may be *waiting* for facts that come late. It leaves
that path as *human* (a person chose the owner), *gone* (deleted), *queued* (waits in a team's queue),
*reopened* (about to be decided once more) or *parked* (a person is needed). In shadow mode it is *shadow*
from its decision on, and nothing is ever written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast

import orjson
import redis
from msgspec import Struct, field

from router.store import lead_fields
from router.store.keys import Keys
from router.store.leads.revisable import OF_REVISION, Revisable, revisable_of
from router.store.scripts import script
from router.store.sends.send import Send, sends_of
from router.timestamps import from_epoch_ms


class State(StrEnum):
    """The state of a lead."""

    WAITING = "waiting"
    DECIDED = "decided"
    WRITTEN = "written"
    DONE = "done"
    HUMAN = "human"
    GONE = "gone"
    QUEUED = "queued"
    REOPENED = "reopened"
    PARKED = "parked"
    SHADOW = "shadow"


FINISHED: Final = frozenset(State) - {State.WAITING, State.DECIDED, State.REOPENED}
"""States in which another announcement of the lead changes nothing."""

_FIELDS: Final = (
    lead_fields.EPISODE,
    lead_fields.STATE,
    lead_fields.OWNER,
    lead_fields.EXPECTED_OWNER,
    lead_fields.CHANGES,
    lead_fields.DECISION_ID,
    lead_fields.AT,
    lead_fields.QUEUE,
    lead_fields.ENTRY_ID,
    lead_fields.QUEUED_SINCE,
    lead_fields.RELEASED_BY,
    lead_fields.TRIGGER,
    lead_fields.ASSIGNMENT,
    lead_fields.PERCENT_BEHIND,
    lead_fields.TIMES_TAKEN,
    lead_fields.TASKS,
    lead_fields.SENDS,
    lead_fields.SENDING,
    lead_fields.DOUBT,
    lead_fields.DELETED,
    lead_fields.MISSING,
    lead_fields.REFUSED_AT,
    lead_fields.WRITTEN_AGAIN,
    lead_fields.SINCE,
    lead_fields.LAST_CHANGE,
    lead_fields.WAITS_FOR,
    lead_fields.WAITED_FOR,
    lead_fields.REVISABLE,
    lead_fields.REVISE_UNTIL,
)


class Missing(Struct, frozen=True):
    """HubSpot did not find the contact `times` times in a row, first at `since_ms` (epoch ms)."""

    times: int
    since_ms: int


class LeadState(Struct, frozen=True):
    """One lead as remembered. `owner_id` is "" when our decision gives the lead to nobody.

    `expected_owner_id` is the owner that the record had before we decided ("" for nobody); `changes` are the
    properties to write, by HubSpot's names, kept until they are written.
    """

    contact_id: str
    episode: int
    state: State
    owner_id: str
    expected_owner_id: str
    decision_id: str
    at_ms: int
    changes: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""
    """The team in whose queue the lead waits, or out of whose queue its owner claimed it."""
    entry_id: str = ""
    """Inbox entry on which the lead was decided; the worker that holds its claim carries the lead on."""
    queued_since_ms: int = 0
    """First moment in a queue, epoch milliseconds; 0 if the lead never was in one."""
    released_by: tuple[str, ...] = ()
    """Reps who gave the lead back, or lost it: no rule gives it to them again."""
    trigger: Mapping[str, Any] | None = None
    """The `Reassigned` trigger of the lead as a record, until its new owner is written."""
    assignment: Mapping[str, Any] | None = None
    """The `Assignment` of the lead's rep as a record, for the SLA checks."""
    percent_behind: int = 0
    """Per cent of the SLA up to which the steps of `on_breach` are done for the current rep."""
    times_taken: int = 0
    """Number of times the lead was taken from a rep who did not work on it."""
    tasks: tuple[datetime, ...] = ()
    """Moments at which HubSpot tasks of ours about the lead were made or are due (aware UTC)."""
    sends: tuple[Send, ...] = ()
    """Owners that we sent to HubSpot, over all episodes, first to last."""
    unanswered_at_ms: int = 0
    """Moment of the last send without an answer, epoch milliseconds; 0 if every send was answered."""
    deleted: bool = False
    """True once HubSpot announced that the contact was deleted."""
    missing: Missing | None = None
    """Since when and how often HubSpot has not found the contact; None if it was found at the last look."""
    written_again: int = 0
    """Number of times the decision was written again because the record did not show it."""
    refused_at_ms: int = 0
    """First refusal of this decision's write by HubSpot, epoch milliseconds; 0 if it refused none."""
    since_ms: int = 0
    """Since when the lead waits for its facts, epoch milliseconds; 0 if it does not."""
    last_change_ms: int = 0
    """Last change of the waiting lead that a webhook told, epoch milliseconds; 0 if it told none."""
    waits_for: tuple[str, ...] = ()
    """Facts for which the lead waits."""
    waited_for: tuple[str, ...] = ()
    """Facts for which it began to wait."""
    revisable: Revisable | None = None
    """What a revision of its decision compares with; None if it cannot be revised."""
    revise_until_ms: int = 0
    """Until when the lead can be revised, epoch milliseconds; 0: it cannot."""


class Leads:
    """The remembered leads of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._recall = script(client, "leads/recall")
        self._note_task = script(client, "leads/note_task")
        self._reopen = script(client, "leads/reopen")

    def recall(self, contact_ids: Iterable[str]) -> dict[str, LeadState]:
        """The remembered leads, by contact id; unknown ones are absent. One round trip."""
        ids = list(contact_ids)
        rows = self._recall(keys=[self._keys.lead(contact_id) for contact_id in ids], args=_FIELDS)
        return {
            contact_id: _state(contact_id, row)
            for contact_id, row in zip(ids, rows, strict=True)
            if row[1] is not None
        }

    def note_task(self, contact_id: str, *, moments_ms: Iterable[int]) -> None:
        """Remember when a task about the lead was made, and when it is due; ignored for an unknown lead."""
        self._note_task(keys=[self._keys.lead(contact_id)], args=[",".join(map(str, moments_ms))])

    def reopen(self, contact_ids: Iterable[str]) -> None:
        """Open leads that were gone, or announced as deleted, because they are announced anew."""
        names = [self._keys.lead(one) for one in contact_ids]
        if names:
            self._reopen(keys=names)

    def is_any_parked(self) -> bool:
        """True if a lead is parked, for whatever reason."""
        return bool(self._redis.exists(self._keys.parked))

    def parked(self) -> dict[str, dict[str, Any]]:
        """Every parked lead by contact id, with why and since when."""
        rows = cast("dict[str, str]", self._redis.hgetall(self._keys.parked))
        return {contact_id: orjson.loads(why) for contact_id, why in sorted(rows.items())}

    def end_revision(self, contact_ids: Sequence[str]) -> None:
        """Forget what was kept to revise the decisions of these leads."""
        if contact_ids:
            with self._redis.pipeline(transaction=False) as pipeline:
                for contact_id in contact_ids:
                    pipeline.hdel(self._keys.lead(contact_id), *OF_REVISION)
                pipeline.execute()


def _state(contact_id: str, row: list[str | None]) -> LeadState:
    episode, state, owner_id, expected, changes, decision_id, at_ms, queue, *rest = row
    entry_id, queued_since, released_by, trigger, assignment, percent, taken, tasks, *rest = rest
    sends, sending, doubt, deleted, missing, refused, written_again, *rest = rest
    since, last_change, waits_for, waited_for, revisable, revise_until = rest
    return LeadState(
        contact_id=contact_id,
        episode=int(episode or 0),
        state=State(cast("str", state)),
        owner_id=owner_id or "",
        expected_owner_id=expected or "",
        decision_id=decision_id or "",
        at_ms=int(at_ms or 0),
        changes=orjson.loads(changes) if changes else {},
        queue=queue or "",
        entry_id=entry_id or "",
        queued_since_ms=int(queued_since or 0),
        released_by=tuple(filter(None, (released_by or "").split(","))),
        trigger=orjson.loads(trigger) if trigger else None,
        assignment=orjson.loads(assignment) if assignment else None,
        percent_behind=int(percent or 0),
        times_taken=int(taken or 0),
        tasks=tuple(from_epoch_ms(int(at_ms)) for at_ms in (tasks or "").split(",") if at_ms),
        sends=sends_of(sends),
        unanswered_at_ms=max(int(sending or 0), int(doubt or 0)),
        deleted=bool(deleted),
        missing=Missing(*map(int, missing.split())) if missing else None,
        written_again=int(written_again or 0),
        refused_at_ms=int(refused or 0),
        since_ms=int(since or 0),
        last_change_ms=int(last_change or 0),
        waits_for=tuple(filter(None, (waits_for or "").split(","))),
        waited_for=tuple(filter(None, (waited_for or "").split(","))),
        revisable=revisable_of(revisable),
        revise_until_ms=int(revise_until or 0),
    )
