"""The transitions of a lead that has an owner, or had one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import orjson

from router.policy.decision.trigger import Reassigned, trigger_as_record
from router.routing.intake.transitions.events import event, taken_as_detail
from router.store import lead_fields
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State
from router.timestamps import epoch_ms

CAN_BE_REASSIGNED: Final = frozenset({State.DONE, State.HUMAN, State.QUEUED})
"""States out of which a lead can be taken from its owner, or out of its queue."""

LOOK_AGAIN_AFTER: Final = timedelta(seconds=3)
"""Delay before the owner history is read again after a choice was given back."""

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
        event=event("owner_changed", now, state, **changed, by=by),
        count="owners_changed",
    )


def deleted(state: LeadState, *, now: datetime) -> Transition:
    """A finished lead was deleted in HubSpot, or lives on under another id."""
    return Transition(
        state.contact_id,
        state.episode,
        State.GONE,
        come_from=frozenset({State.DONE, State.HUMAN}),
        event=event("deleted", now, state),
        count="leads_deleted",
    )


def restored(state: LeadState, *, owner_id: str, now: datetime) -> Transition:
    """A person's choice that our write had covered is on the record again; the share is given back."""
    return Transition(
        state.contact_id,
        state.episode,
        State.WRITTEN,
        come_from=_UNDER_VERIFICATION,
        set={
            lead_fields.OWNER: owner_id,
            lead_fields.EXPECTED_OWNER: state.owner_id,
            lead_fields.RESTORED: "1",
        },
        verify_at_ms=epoch_ms(now + LOOK_AGAIN_AFTER),
        refund=True,
        event=event("restored", now, state, owner_id=owner_id, ours=state.owner_id),
        keep=True,
        count="conflicts_restored",
    )


def verified(state: LeadState) -> Transition:
    """The owner history confirms what we know: the lead is done."""
    return Transition(
        state.contact_id,
        state.episode,
        State.HUMAN if state.restored else State.DONE,
        come_from=_UNDER_VERIFICATION,
        drop=(lead_fields.PAID,),
    )


def gone_after_write(state: LeadState, *, now: datetime) -> Transition:
    """The contact was deleted after our write."""
    return Transition(
        state.contact_id,
        state.episode,
        State.GONE,
        come_from=_UNDER_VERIFICATION,
        drop=(lead_fields.PAID,),
        refund=True,
        event=event("gone", now, state, owner_id=""),
    )


def changed_by_a_person(state: LeadState, *, owner_id: str, now: datetime) -> Transition:
    """A person chose another owner after our write."""
    return Transition(
        state.contact_id,
        state.episode,
        State.HUMAN,
        come_from=_UNDER_VERIFICATION,
        set={lead_fields.OWNER: owner_id},
        drop=(lead_fields.PAID,),
        event=event("changed_by_a_person", now, state, owner_id=owner_id),
    )
