"""The steps a lead can take from one state to the next, and what each tells the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import orjson

from router.hubspot.routing_properties import SCORE
from router.policy.decision.trigger import Reassigned, trigger_as_record
from router.routing.intake.assigned import first_look_ms
from router.routing.intake.work_item import Trip
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State

VERIFY_AFTER: Final = timedelta(seconds=3)
"""Owner histories are looked at this long after a write: soon enough to give a choice back in 10 s."""

CAN_BE_REASSIGNED: Final = frozenset({State.DONE, State.HUMAN, State.QUEUED})
"""States out of which a lead can be taken from its owner, or out of its queue."""

_OPEN: Final = frozenset({None, State.DECIDED, State.REOPENED})


def _epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _event(
    kind: str, now: datetime, state: LeadState | None, **detail: str | int | None
) -> dict[str, str | int | None]:
    return {"at": now.isoformat(), "kind": kind, "decision": state.decision_id if state else None, **detail}


def written(trip: Trip, *, now: datetime) -> Transition:
    """The decision stands on the record; its owner history is looked at soon."""
    state = _known(trip)
    waited_ms = max(0, _epoch_ms(now) - trip.announced_at_ms)
    taken = _taken(trip.trigger) if isinstance(trip.trigger, Reassigned) else {}
    event = _event("written", now, state, owner_id=state.owner_id or None, waited_ms=waited_ms, **taken)
    marks = {"uk": "1"} if trip.doubtful else {}
    if not state.owner_id:
        return _unowned(trip, state, event, now=now)
    return Transition(
        trip.contact_id,
        state.episode,
        State.WRITTEN,
        come_from=frozenset({State.DECIDED}),
        entries=trip.entries,
        set=marks,
        drop=("ch", "oc"),
        verify_at_ms=_epoch_ms(now + VERIFY_AFTER),
        watch_at_ms=first_look_ms(state),
        event=event,
        keep=True,
        count="leads_written",
    )


def _unowned(
    trip: Trip, state: LeadState, event: Mapping[str, str | int | None], *, now: datetime
) -> Transition:
    """Nobody is to own the lead: it waits in its queue, or is done. Where it had an owner, history tells."""
    since_ms = state.queued_since_ms or _epoch_ms(now)
    return Transition(
        trip.contact_id,
        state.episode,
        State.QUEUED if state.queue else State.DONE,
        come_from=frozenset({State.DECIDED}),
        entries=trip.entries,
        set={"qs": str(since_ms), "rd": str(_epoch_ms(now))} if state.queue else {},
        drop=("ch", "pd", "oc"),
        verify_at_ms=_epoch_ms(now + VERIFY_AFTER) if state.expected_owner_id else None,
        queue=state.queue or None,
        score=int(state.changes.get(SCORE) or 0),
        event=event,
        keep=bool(state.queue),
        count="leads_written",
    )


def reopened(contact_id: str, *, episode: int, now: datetime) -> Transition:
    """Nobody claimed the lead in time, or somebody is eligible by now: it is decided once more."""
    return Transition(
        contact_id,
        episode,
        State.REOPENED,
        come_from=frozenset({State.QUEUED}),
        announce=True,
        event={"at": now.isoformat(), "kind": "reopened", "decision": None},
        keep=True,
        count="leads_reopened",
    )


def reassigning(
    contact_id: str,
    *,
    episode: int | None,
    taken: Reassigned,
    excluded: tuple[str, ...],
    times_taken: int | None,
    now: datetime,
) -> Transition:
    """The lead is to be taken from its owner: it is decided once more, if it is still theirs by then.

    `excluded` are the reps who must not get it again; without an `episode` we know nothing of the lead.
    `times_taken`: how often that was because nobody worked on it; None leaves the count as it is.
    """
    counted = {} if times_taken is None else {"tk": str(times_taken)}
    return Transition(
        contact_id,
        episode or 0,
        State.REOPENED,
        come_from=CAN_BE_REASSIGNED if episode is not None else frozenset({None}),
        set={"oc": orjson.dumps(trigger_as_record(taken)).decode(), "xr": ",".join(excluded), **counted},
        announce=True,
        event={"at": now.isoformat(), "kind": "reassigning", "decision": None, **_taken(taken)},
        keep=True,
        count="leads_reassigning",
    )


def not_reassigned(trip: Trip, *, owner_id: str, now: datetime) -> Transition:
    """Somebody else owns the lead by now: theirs stands, and nothing is written."""
    state, taken = _known(trip), trip.trigger
    detail = _taken(taken) if isinstance(taken, Reassigned) else {}
    return Transition(
        trip.contact_id,
        state.episode,
        State.HUMAN,
        come_from=frozenset({State.REOPENED, State.DECIDED}),
        entries=trip.entries,
        set={"ow": owner_id},
        drop=("ch", "oc"),
        refund=True,
        event=_event("not_reassigned", now, None, owner_id=owner_id or None, **detail),
        count="leads_not_reassigned",
    )


def _taken(taken: Reassigned) -> dict[str, str | int | None]:
    return {"from": taken.owner_id or None, "why": taken.why, "run": taken.run}


def claimed_in_hubspot(
    contact_id: str, *, episode: int, owner_id: str, rep: str | None, now: datetime
) -> Transition:
    """Somebody set the owner of a waiting lead on its record: it leaves the queue, and theirs stands.

    `rep` is the owner's name in the rule files, if they know one.
    """
    claimed: dict[str, str | int | None] = {"owner_id": owner_id, "rep": rep}
    return Transition(
        contact_id,
        episode,
        State.HUMAN,
        come_from=frozenset({State.QUEUED, State.REOPENED}),
        set={"ow": owner_id},
        event={"at": now.isoformat(), "kind": "claimed_in_hubspot", "decision": None, **claimed},
        count="leads_claimed_in_hubspot",
    )


def owner_changed(state: LeadState, *, owner_id: str, by: str, now: datetime) -> Transition:
    """Somebody gave a finished lead to another owner, or to nobody: theirs stands, and is recorded."""
    changed: dict[str, str | int | None] = {"from": state.owner_id or None, "owner_id": owner_id or None}
    return Transition(
        state.contact_id,
        state.episode,
        State.HUMAN,
        come_from=frozenset({State.DONE, State.HUMAN}),
        owner_id=state.owner_id,
        set={"ow": owner_id},
        event=_event("owner_changed", now, state, **changed, by=by),
        count="owners_changed",
    )


def deleted(state: LeadState, *, now: datetime) -> Transition:
    """A finished lead was deleted in HubSpot, or lives on under another id."""
    return Transition(
        state.contact_id,
        state.episode,
        State.GONE,
        come_from=frozenset({State.DONE, State.HUMAN}),
        event=_event("deleted", now, state),
        count="leads_deleted",
    )


def gone_from_queue(contact_id: str, *, episode: int, now: datetime) -> Transition:
    """A waiting lead was deleted in HubSpot."""
    return Transition(
        contact_id,
        episode,
        State.GONE,
        come_from=frozenset({State.QUEUED, State.REOPENED}),
        event={"at": now.isoformat(), "kind": "gone", "decision": None},
        count="leads_gone",
    )


def shadowed(trip: Trip, *, owner_id: str, now: datetime) -> Transition:
    """Decided in shadow mode, or decided before it began: HubSpot keeps whoever owns the lead, or nobody."""
    state = _known(trip)
    return Transition(
        trip.contact_id,
        state.episode,
        State.SHADOW,
        come_from=frozenset({State.DECIDED, State.SHADOW, State.REOPENED}),
        entries=trip.entries,
        drop=("ch", "pd"),
        event=_event("shadowed", now, state, owner_id=owner_id or None),
        count="leads_shadowed",
    )


def owned_already(trip: Trip, *, owner_id: str, now: datetime) -> Transition:
    """Somebody owned the contact before we looked: we leave it alone."""
    return Transition(
        trip.contact_id,
        0,
        State.HUMAN,
        come_from=_OPEN,
        entries=trip.entries,
        set={"ow": owner_id},
        event=_event("owned_already", now, None, owner_id=owner_id),
        count="leads_owned_already",
    )


def taken_by_a_person(trip: Trip, *, owner_id: str, now: datetime) -> Transition:
    """A person chose an owner before our decision was written: theirs stands, the share is given back."""
    state = _known(trip)
    return Transition(
        trip.contact_id,
        state.episode,
        State.HUMAN,
        come_from=frozenset({State.DECIDED, State.REOPENED}),
        entries=trip.entries,
        set={"ow": owner_id},
        drop=("ch",),
        refund=True,
        event=_event("taken_by_a_person", now, state, owner_id=owner_id or None),
        count="leads_taken_by_a_person",
    )


def gone(trip: Trip, *, now: datetime, merged_into: str | None = None) -> Transition:
    """The contact was deleted, or lives on under another id."""
    detail = {"merged_into": merged_into} if merged_into else {}
    return Transition(
        trip.contact_id,
        trip.state.episode if trip.state else 0,
        State.GONE,
        come_from=_OPEN,
        entries=trip.entries,
        drop=("ch",),
        refund=True,
        event=_event("gone", now, trip.state, **detail),
        count="leads_gone",
    )


def parked(trip: Trip, *, why: str, now: datetime) -> Transition:
    """A person is needed; the lead is listed by `router parked` and can be sent again."""
    return Transition(
        trip.contact_id,
        trip.state.episode if trip.state else 0,
        State.PARKED,
        come_from=_OPEN,
        entries=trip.entries,
        parked={"why": why, "since": now.isoformat()},
        event=_event("parked", now, trip.state, why=why),
        keep=True,
        count="leads_parked",
    )


def owner_refused(trip: Trip, *, why: str, now: datetime) -> Transition:
    """HubSpot refuses the chosen owner: the share goes back; the lead stays claimed for a new decision."""
    state = _known(trip)
    return Transition(
        trip.contact_id,
        state.episode,
        State.DECIDED,
        come_from=frozenset({State.DECIDED}),
        refund=True,
        event=_event("owner_refused", now, state, owner_id=state.owner_id, why=why),
        keep=True,
        count="owners_refused",
    )


def _known(trip: Trip) -> LeadState:
    if trip.state is None:
        raise ValueError(f"Lead {trip.contact_id} has no decision, so it cannot move on from one.")
    return trip.state
