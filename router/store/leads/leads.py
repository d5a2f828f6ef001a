"""What we remember of each lead: its episode, its state, and the owner we chose.

A lead goes decided → written → done. It leaves that road as *human* (a person chose the owner),
*gone* (deleted), *queued* (waits in a team's queue), *reopened* (about to be decided once more) or
*parked* (a person is needed). In shadow mode it is *shadow* from the moment it is decided, and nothing
is ever written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast

import orjson
import redis

from router.store import lead_fields
from router.store.keys import Keys
from router.store.scripts import script
from router.timestamps import from_epoch_ms


class State(StrEnum):
    """Where a lead stands."""

    DECIDED = "decided"
    WRITTEN = "written"
    DONE = "done"
    HUMAN = "human"
    GONE = "gone"
    QUEUED = "queued"
    REOPENED = "reopened"
    PARKED = "parked"
    SHADOW = "shadow"


FINISHED: Final = frozenset(State) - {State.DECIDED, State.REOPENED}
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
    lead_fields.RESTORED,
    lead_fields.DOUBTFUL,
    lead_fields.ENTRY_ID,
    lead_fields.QUEUED_SINCE,
    lead_fields.RELEASED_BY,
    lead_fields.TRIGGER,
    lead_fields.ASSIGNMENT,
    lead_fields.PERCENT_BEHIND,
    lead_fields.TIMES_TAKEN,
    lead_fields.TASKS,
)


@dataclass(frozen=True, slots=True)
class LeadState:
    """One lead as remembered. `owner_id` is "" when our decision gives the lead to nobody.

    `expected_owner_id` is the owner we saw before we decided ("" for nobody); `changes` are the
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
    """The announcement on which it was decided: whoever holds that carries the lead on."""
    restored: bool = False
    """The owner is a person's choice that our write had covered and that we gave back."""
    doubtful: bool = False
    """Some write of ours had an unknown outcome: it may be applied late."""
    queued_since_ms: int = 0
    """When the lead came into a queue for the first time; 0 if it never did."""
    released_by: tuple[str, ...] = ()
    """Reps who gave it back, or from whom it was taken: no rule gives it to them again."""
    trigger: Mapping[str, Any] | None = None
    """Why it is being taken from its owner (a `Reassigned` as written), until that is done."""
    assignment: Mapping[str, Any] | None = None
    """What its rep was given, for whoever watches it (an `Assignment` as written)."""
    percent_behind: int = 0
    """Steps of `on_breach` up to so many per cent of the SLA are behind it since its rep has it."""
    times_taken: int = 0
    """How often it was taken from a rep who did not work on it."""
    tasks: tuple[datetime, ...] = ()
    """When HubSpot tasks of ours about it were made, and when they are due (aware UTC)."""


class Leads:
    """The remembered leads of one portal."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._recall = script(client, "leads/recall")
        self._note_task = script(client, "leads/note_task")

    def recall(self, contact_ids: Iterable[str]) -> dict[str, LeadState]:
        """The leads that are known already, by contact id. One round trip."""
        ids = list(contact_ids)
        rows = self._recall(keys=[self._keys.lead(contact_id) for contact_id in ids], args=_FIELDS)
        return {
            contact_id: _state(contact_id, row)
            for contact_id, row in zip(ids, rows, strict=True)
            if row[1] is not None
        }

    def note_task(self, contact_id: str, *, moments_ms: Iterable[int]) -> None:
        """A task about the lead is made, or due, at these moments; nothing happens if it is unknown."""
        self._note_task(keys=[self._keys.lead(contact_id)], args=[",".join(map(str, moments_ms))])

    def to_verify(self, *, now_ms: int, limit: int) -> tuple[str, ...]:
        """Contact ids whose owner history is due to be looked at, longest due first."""
        due = self._redis.zrangebyscore(self._keys.verify, "-inf", now_ms, start=0, num=limit)
        return tuple(cast("list[str]", due))

    def verified(self, contact_ids: Iterable[str]) -> None:
        """Take contacts off the list of histories to look at."""
        ids = list(contact_ids)
        if ids:
            self._redis.zrem(self._keys.verify, *ids)

    def verify_again(self, contact_ids: Iterable[str], *, at_ms: int) -> None:
        """Look at these histories once more, later."""
        due = dict.fromkeys(contact_ids, at_ms)
        if due:
            self._redis.zadd(self._keys.verify, due)

    def parked(self) -> dict[str, dict[str, Any]]:
        """Every parked lead by contact id, with why and since when."""
        rows = cast("dict[str, str]", self._redis.hgetall(self._keys.parked))
        return {contact_id: orjson.loads(why) for contact_id, why in sorted(rows.items())}


def _state(contact_id: str, row: list[str | None]) -> LeadState:
    episode, state, owner_id, expected, changes, decision_id, at_ms, queue, restored, doubtful, *rest = row
    entry_id, queued_since, released_by, trigger, assignment, percent, taken, tasks = rest
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
        restored=bool(restored),
        doubtful=bool(doubtful),
        queued_since_ms=int(queued_since or 0),
        released_by=tuple(filter(None, (released_by or "").split(","))),
        trigger=orjson.loads(trigger) if trigger else None,
        assignment=orjson.loads(assignment) if assignment else None,
        percent_behind=int(percent or 0),
        times_taken=int(taken or 0),
        tasks=tuple(from_epoch_ms(int(at_ms)) for at_ms in (tasks or "").split(",") if at_ms),
    )
