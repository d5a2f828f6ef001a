"""The transitions of a lead whose facts have changed since it was decided."""

from __future__ import annotations

from datetime import datetime

import orjson

from router.policy.decision.trigger import Revised, trigger_as_record
from router.routing.intake.transitions.events import event, taken_as_detail
from router.store import lead_fields
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, State
from router.store.leads.revisable import OF_REVISION, Revisable, as_text


def revising(state: LeadState, trigger: Revised, *, now: datetime) -> Transition:
    """The lead is to be decided once more, before new ones, unless it has another owner by then."""
    return Transition(
        state.contact_id,
        state.episode,
        State.REOPENED,
        come_from=frozenset({state.state}),
        owner_id=state.owner_id,
        set={lead_fields.TRIGGER: orjson.dumps(trigger_as_record(trigger)).decode()},
        drop=(lead_fields.CHANGES,),
        announce=True,
        announce_first=True,
        event=event("revising", now, state, **taken_as_detail(trigger)),
        keep=True,
        count="leads_revising",
    )


def not_revised(state: LeadState, *, why: str, kept: Revisable | None = None, now: datetime) -> Transition:
    """The lead stays as it is decided, although its facts have changed; for good, or with what is `kept`."""
    return Transition(
        state.contact_id,
        state.episode,
        state.state,
        come_from=frozenset({state.state}),
        owner_id=state.owner_id,
        set={} if kept is None else {lead_fields.REVISABLE: as_text(kept)},
        drop=OF_REVISION if kept is None else (),
        event=event("not_revised", now, state, why=why),
        keep=state.state is State.QUEUED,
        count="leads_not_revised",
    )


def compared_anew(state: LeadState, kept: Revisable, *, is_shown: bool, now: datetime) -> Transition:
    """The decision stands on the facts as they are now; with `is_shown` the record shows their score."""
    return Transition(
        state.contact_id,
        state.episode,
        state.state,
        come_from=frozenset({state.state}),
        owner_id=state.owner_id,
        set={lead_fields.REVISABLE: as_text(kept)},
        event=event("refreshed", now, state) if is_shown else None,
        keep=state.state is State.QUEUED,
        count="leads_refreshed" if is_shown else None,
    )
