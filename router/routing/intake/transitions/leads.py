"""The transitions of a lead on its way through a batch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from router.deadlines import VERIFY_AFTER
from router.hubspot.properties import SCORE
from router.routing.intake.late_facts.revisable import next_look_ms
from router.routing.intake.transitions.events import event, taken_as_detail
from router.routing.intake.work_item import WorkItem
from router.store import lead_fields
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State
from router.store.leads.revisable import OF_REVISION
from router.store.sends.send import Send, as_text
from router.timestamps import epoch_ms, in_ms

WRITTEN: Final = "leads_written"
"""The count of leads that HubSpot wrote as we decided."""

SHADOWED: Final = "leads_shadowed"

_OPEN: Final = frozenset({None, State.WAITING, State.DECIDED, State.REOPENED, State.GONE})


def written(item: WorkItem, *, answered: bool = False, now: datetime) -> Transition:
    """The decision is written on the record; its owner history is verified soon.

    `answered` if HubSpot confirmed our write, and we do not only see its result. What was written is kept
    until that is done: it is written again if an earlier decision is applied late.
    """
    state = _known(item)
    now_ms = epoch_ms(now)
    waited_ms = max(0, now_ms - item.announced_at_ms)
    taken = taken_as_detail(item.trigger)
    written_event = event(
        "written", now, state, owner_id=state.owner_id or None, waited_ms=waited_ms, **taken
    )
    if not state.owner_id:
        return _unowned(item, state, written_event, answered=answered, now=now)
    return Transition(
        item.contact_id,
        state.episode,
        State.WRITTEN,
        come_from=frozenset({State.DECIDED}),
        entries=item.entries,
        drop=(lead_fields.TRIGGER,),
        verify_at_ms=now_ms + in_ms(VERIFY_AFTER),
        watch_at_ms=state.assignment["look"] if state.assignment is not None else None,
        revise_at_ms=_next_look_ms(state, now=now),
        event=written_event,
        keep=True,
        count=WRITTEN,
        answered=answered,
    )


def _unowned(
    item: WorkItem,
    state: LeadState,
    written_event: Mapping[str, str | int | None],
    *,
    answered: bool,
    now: datetime,
) -> Transition:
    """The decision has no owner: the lead waits in its queue, or is done.

    If the lead had an owner before, or a write is in doubt, its owner history is verified.
    """
    since_ms = state.queued_since_ms or epoch_ms(now)
    verified = bool(state.expected_owner_id or state.unanswered_at_ms)
    return Transition(
        item.contact_id,
        state.episode,
        State.QUEUED if state.queue else State.DONE,
        come_from=frozenset({State.DECIDED}),
        entries=item.entries,
        set={lead_fields.QUEUED_SINCE: str(since_ms), lead_fields.READ_AT: str(epoch_ms(now))}
        if state.queue
        else {},
        drop=(lead_fields.PAID, lead_fields.TRIGGER, *(() if verified else (lead_fields.CHANGES,))),
        verify_at_ms=epoch_ms(now + VERIFY_AFTER) if verified else None,
        revise_at_ms=_next_look_ms(state, now=now),
        queue=state.queue or None,
        score=int(state.changes.get(SCORE) or 0),
        event=written_event,
        keep=bool(state.queue),
        count=WRITTEN,
        answered=answered,
    )


def not_reassigned(item: WorkItem, *, owner_id: str, now: datetime) -> Transition:
    """Another person owns the lead by now: that owner stays, and nothing is written."""
    state, detail = _known(item), taken_as_detail(item.trigger)
    return Transition(
        item.contact_id,
        state.episode,
        State.HUMAN,
        come_from=frozenset({State.REOPENED, State.DECIDED}),
        entries=item.entries,
        set={lead_fields.OWNER: owner_id},
        drop=(lead_fields.CHANGES, lead_fields.TRIGGER, *OF_REVISION),
        refund=True,
        # Before the decision the state names the earlier one, which keeps its share.
        event=event(
            "not_reassigned",
            now,
            state if state.state is State.DECIDED else None,
            owner_id=owner_id or None,
            **detail,
        ),
        count="leads_not_reassigned",
    )


def shadowed(item: WorkItem, *, owner_id: str, now: datetime) -> Transition:
    """Decided in shadow mode, or decided before it began: HubSpot keeps its present owner, or none."""
    state = _known(item)
    return Transition(
        item.contact_id,
        state.episode,
        State.SHADOW,
        come_from=frozenset({State.DECIDED, State.SHADOW, State.REOPENED}),
        entries=item.entries,
        drop=(lead_fields.CHANGES, lead_fields.PAID),
        revise_at_ms=_next_look_ms(state, now=now),
        event=event("shadowed", now, state, owner_id=owner_id or None, **taken_as_detail(item.trigger)),
        count=SHADOWED,
    )


def owned_already(item: WorkItem, *, owner_id: str, lost: Send | None = None, now: datetime) -> Transition:
    """The contact had an owner before we read it: it is left alone.

    `lost` is the write of ours that its record shows and that Redis has lost: it may cover a person's choice,
    so the owner history is verified.
    """
    kept = {lead_fields.SENDS: as_text(lost), lead_fields.DOUBT: str(epoch_ms(now))} if lost else {}
    return Transition(
        item.contact_id,
        item.state.episode if item.state else 0,
        State.HUMAN,
        come_from=_OPEN,
        entries=item.entries,
        set={lead_fields.OWNER: owner_id, **kept},
        verify_at_ms=epoch_ms(now) if lost else None,
        event=event("owned_already", now, None, owner_id=owner_id),
        count="leads_owned_already",
    )


def taken_by_a_person(item: WorkItem, *, owner_id: str, now: datetime) -> Transition:
    """A person chose an owner before our decision was written: that owner stays, the share is given back."""
    state = _known(item)
    return Transition(
        item.contact_id,
        state.episode,
        State.HUMAN,
        come_from=frozenset({State.DECIDED, State.REOPENED}),
        entries=item.entries,
        set={lead_fields.OWNER: owner_id},
        drop=(lead_fields.CHANGES, *OF_REVISION),
        refund=True,
        event=event("taken_by_a_person", now, state, owner_id=owner_id or None),
        count="leads_taken_by_a_person",
    )


def parked(
    item: WorkItem,
    *,
    why: str,
    now: datetime,
    fault: Literal["lead", "outage"] = "lead",
    refused_at_ms: int | None = None,
) -> Transition:
    """The lead is listed by `router parked`: a person is needed, or an outage has to end.

    What an outage parked is sent again by `routing.recovery.resume`; a person can send any again.
    """
    return Transition(
        item.contact_id,
        item.state.episode if item.state else 0,
        State.PARKED,
        come_from=_OPEN,
        entries=item.entries,
        set={} if refused_at_ms is None else {lead_fields.REFUSED_AT: str(refused_at_ms)},
        parked={"why": why, "since": now.isoformat(), "fault": fault},
        event=event("parked" if fault == "lead" else "parked_by_outage", now, item.state, why=why),
        keep=True,
        count="leads_parked",
    )


def owner_refused(item: WorkItem, *, why: str, now: datetime) -> Transition:
    """HubSpot refuses the chosen owner: the share goes back; the lead stays claimed for a new decision."""
    state = _known(item)
    return Transition(
        item.contact_id,
        state.episode,
        State.DECIDED,
        come_from=frozenset({State.DECIDED}),
        refund=True,
        event=event("owner_refused", now, state, owner_id=state.owner_id, why=why),
        keep=True,
        count="owners_refused",
        answered=True,
    )


def _next_look_ms(state: LeadState, *, now: datetime) -> int | None:
    return next_look_ms(state.revisable, until_ms=state.revise_until_ms, now=now)


def _known(item: WorkItem) -> LeadState:
    if item.state is None:
        raise ValueError(f"Lead {item.contact_id} has no decision, so it cannot move on from one.")
    return item.state
