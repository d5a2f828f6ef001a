"""The transitions of a lead that has an owner, or had one."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import orjson

from router.deadlines import VERIFY_AFTER
from router.policy.decision.trigger import Reassigned, trigger_as_record
from router.routing.intake.transitions.events import event, taken_as_detail
from router.store import lead_fields
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State
from router.store.leads.revisable import OF_REVISION
from router.timestamps import epoch_ms

CAN_BE_REASSIGNED: Final = frozenset({State.DONE, State.HUMAN, State.QUEUED})
"""States out of which a lead can be taken from its owner, or out of its queue."""

_UNDER_VERIFICATION: Final = frozenset({State.WRITTEN, State.QUEUED})


def reassigning(
    contact_id: str,
    *,
    episode: int | None,
    taken: Reassigned,
    excluded: tuple[str, ...],
    times_taken: int | None,
    now: datetime,
) -> Transition:
    """The lead is to be taken from its owner and decided once more, unless it has another owner by then.

    `excluded` are the reps who must not get it again; without an `episode` the lead has no state.
    `times_taken` is how often it was taken for lack of work; None leaves the count as it is.
    """
    counted = {} if times_taken is None else {lead_fields.TIMES_TAKEN: str(times_taken)}
    return Transition(
        contact_id,
        episode or 0,
        State.REOPENED,
        come_from=CAN_BE_REASSIGNED if episode is not None else frozenset({None}),
        set={
            lead_fields.TRIGGER: orjson.dumps(trigger_as_record(taken)).decode(),
            lead_fields.RELEASED_BY: ",".join(excluded),
            **counted,
        },
        drop=(lead_fields.CHANGES, *OF_REVISION),
        announce=True,
        event=event("reassigning", now, None, **taken_as_detail(taken)),
        keep=True,
        count="leads_reassigning",
    )


def owner_changed(state: LeadState, *, owner_id: str, by: str, now: datetime) -> Transition:
    """A person gave a finished lead to another owner, or to none: that owner is recorded."""
    changed: dict[str, str | int | None] = {"from": state.owner_id or None, "owner_id": owner_id or None}
    return Transition(
        state.contact_id,
        state.episode,
        State.HUMAN,
        come_from=frozenset({State.DONE, State.HUMAN}),
        owner_id=state.owner_id,
        set={lead_fields.OWNER: owner_id},
        drop=(lead_fields.CHANGES, *OF_REVISION),
        event=event("owner_changed", now, state, **changed, by=by),
        count="owners_changed",
    )


def given_back(state: LeadState, *, owner_id: str, now: datetime) -> Transition:
    """A person's choice that a write of ours had covered is on the record again.

    The share is given back if the decision was not confirmed yet; a rep who had the lead by then has paid.
    """
    first = state.state in _UNDER_VERIFICATION or state.state is State.DECIDED
    kind = "restored" if first else "restored_late"
    return Transition(
        state.contact_id,
        state.episode,
        State.HUMAN,
        come_from=frozenset({state.state}),
        set={lead_fields.OWNER: owner_id},
        drop=(lead_fields.PAID, lead_fields.CHANGES, *OF_REVISION),
        verify_at_ms=epoch_ms(now + VERIFY_AFTER),
        refund=first,
        event=event(kind, now, state, owner_id=owner_id or None, ours=state.owner_id),
        count="conflicts_restored",
        answered=True,
    )


def not_corrected(state: LeadState, *, why: str, now: datetime) -> Transition:
    """The rightful owner cannot be put on the record: a person is needed."""
    return Transition(
        state.contact_id,
        state.episode,
        State.PARKED,
        come_from=frozenset({state.state}),
        parked={"why": why, "since": now.isoformat(), "fault": "lead"},
        event=event("parked", now, state, why=why),
        keep=True,
        count="leads_parked",
        answered=True,
    )


def written_again(state: LeadState, *, owner_id: str, now: datetime) -> Transition:
    """The decision is on the record (again): an earlier one was applied late, or this one not at all."""
    return Transition(
        state.contact_id,
        state.episode,
        state.state,
        come_from=frozenset({state.state}),
        set={
            lead_fields.OWNER: owner_id,
            lead_fields.WRITTEN_AGAIN: str(state.written_again + 1),
        },
        verify_at_ms=epoch_ms(now + VERIFY_AFTER),
        event=event("written_again", now, state, owner_id=owner_id or None),
        keep=state.state not in (State.DONE, State.HUMAN),
        count="late_writes_corrected",
        answered=True,
    )


def verified(state: LeadState) -> Transition:
    """The owner history confirms what we know: the lead is done. What is in doubt is looked at further."""
    doubtful = bool(state.unanswered_at_ms)
    return Transition(
        state.contact_id,
        state.episode,
        State.DONE,
        come_from=frozenset({State.WRITTEN}),
        drop=(lead_fields.PAID,) if doubtful else (lead_fields.PAID, lead_fields.CHANGES),
    )


def changed_by_a_person(state: LeadState, *, owner_id: str, now: datetime) -> Transition:
    """A person chose another owner after our write."""
    return Transition(
        state.contact_id,
        state.episode,
        State.HUMAN,
        come_from=_UNDER_VERIFICATION,
        set={lead_fields.OWNER: owner_id},
        drop=(lead_fields.PAID, lead_fields.CHANGES, *OF_REVISION),
        event=event("changed_by_a_person", now, state, owner_id=owner_id or None),
    )
