"""The check that no person has touched a lead since it was assigned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

from router.hubspot.api.records import HistoryEntry
from router.hubspot.properties import LAST_CONTACTED, LAST_UPDATED, OWNER, STATUS
from router.policy.decision.decision import Decision
from router.policy.decision.trigger import Claimed
from router.policy.results.work_signs import Signs, StatusMove, started, without_ours
from router.routing.intake.transitions.owned import CAN_BE_REASSIGNED
from router.store.leads.leads import LeadState, State
from router.timestamps import from_epoch_ms

ASKED: Final = (OWNER, STATUS, LAST_CONTACTED, LAST_UPDATED)
"""The properties whose histories are read."""
OURS: Final = "INTEGRATION"

Histories: TypeAlias = Mapping[str, Sequence[HistoryEntry]]
"""Property → its values, newest first."""


def why_touched(decision: Decision, state: LeadState | None, histories: Histories | None) -> str | None:
    """Why the lead stays with its owner, in a few words; None if no person has touched it.

    `decision` is its last decision in the ledger, `state` its state in Redis.
    """
    if histories is None:
        return "it was deleted in HubSpot"
    if state is None:
        return "it is forgotten here by now"
    if state.decision_id != decision.id:
        return "it was decided once more meanwhile"
    if decision.inputs is not None and isinstance(decision.inputs.trigger, Claimed):
        return "its rep claimed it"
    if state.state is State.HUMAN:
        return "a person chose its owner"
    if state.state not in CAN_BE_REASSIGNED:
        return "it is on its way; try again in a minute"
    return touched_since(decision.decided_at, owner_id=decision.owner_id, state=state, histories=histories)


def touched_since(
    assigned_at: datetime, *, owner_id: str | None, state: LeadState, histories: Histories
) -> str | None:
    """What a person has done with a lead since `assigned_at` (aware UTC), in a few words; None for nothing.

    `owner_id` is the owner that we chose ("" for nobody); None: the owner is not ours to choose.
    """
    owner = histories[OWNER][0] if histories[OWNER] else None
    if owner_id is not None and (owner.value if owner else "") != owner_id:
        return "a person chose its owner"
    if owner_id is not None and owner is not None and owner.value and owner.source_type != OURS:
        return "a person confirmed its owner"
    if started(without_ours(_signs(histories), state.tasks), assigned_at=assigned_at) is not None:
        return "work on it has begun"
    return None


def _signs(histories: Histories) -> Signs:
    moves = (StatusMove(one.at, by_person=one.source_type != OURS) for one in histories[STATUS])
    return Signs(
        last_contacted=_moment(histories[LAST_CONTACTED]),
        last_updated=_moment(histories[LAST_UPDATED]),
        status_moves=tuple(moves),
    )


def _moment(history: Sequence[HistoryEntry]) -> datetime | None:
    """The date that the property holds; HubSpot writes dates as ISO text or as milliseconds."""
    text = history[0].value if history else ""
    if not text:
        return None
    if text.isdecimal():
        return from_epoch_ms(int(text))
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
