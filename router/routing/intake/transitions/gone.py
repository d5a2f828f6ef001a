"""The transitions of a lead that HubSpot does not find, by cause.

| cause | told by | final | opened again by |
|---|---|---|---|
| erased | a privacy deletion, `router forget` | at once: every trace goes (`recovery/erase.py`) | nothing |
| deleted | HubSpot's deletion event, and a read that finds nothing | at once | a new announcement |
| merged | HubSpot's event, a read that answers with another id | at once (`recovery/merges.py`) | nothing |
| not found | a read that finds nothing | after `SURE_AFTER` times in `SURE_WITHIN` | any look that finds it |

Until a "not found" is final, nothing is given up: a decision and its share stand, and the lead is looked for
after each of `deadlines.MISSING_LOOKS` and once more at night (`verification/missing.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from router.deadlines import MISSING_LOOKS
from router.routing.intake.transitions.events import event
from router.routing.intake.work_item import WorkItem
from router.store import lead_fields
from router.store.leads.commits import Transition
from router.store.leads.leads import LeadState, Missing, State
from router.store.leads.revisable import OF_REVISION
from router.timestamps import epoch_ms, in_ms

SURE_AFTER: Final = 3
SURE_WITHIN: Final = MISSING_LOOKS[-1]
_OF_THE_DECISION: Final = (
    lead_fields.CHANGES,
    lead_fields.PAID,
    lead_fields.TRIGGER,
    lead_fields.MISSING,
    *OF_REVISION,
)
_WITHOUT_REP: Final = frozenset({State.QUEUED, State.REOPENED})
_HAD_REP: Final = frozenset({State.DONE, State.HUMAN})


class Cause(StrEnum):
    """Why HubSpot does not find a contact."""

    DELETED = "deleted"
    MERGED = "merged"
    NOT_FOUND = "not_found"


def of_item(item: WorkItem, *, now: datetime, merged_into: str | None = None) -> Transition:
    """The lead of a batch was not found, or lives on under another id; its entries are acknowledged."""
    state = item.state
    gone = Transition(
        item.contact_id,
        state.episode if state else 0,
        State.GONE,
        come_from=frozenset({None, State.WAITING, State.DECIDED, State.REOPENED, State.GONE}),
        entries=item.entries,
    )
    if merged_into is not None and state is not None and state.state is State.GONE:
        return gone  # it ended before, and is announced again
    if merged_into is not None:
        return _final(gone, state, Cause.MERGED, now=now, merged_into=merged_into)
    if state is not None and state.deleted:
        return _final(gone, state, Cause.DELETED, now=now)
    # Not looked for as often as it takes: gone for now, and its decision stands.
    return replace(
        gone,
        set={lead_fields.MISSING: _as_text(Missing(1, epoch_ms(now)))},
        verify_at_ms=epoch_ms(now + MISSING_LOOKS[0]),
        event=event("not_found", now, state),
        keep=True,
        count="leads_not_found",
    )


def not_found(state: LeadState, *, now: datetime, night_ms: int) -> Transition:
    """A lead that we know was not found at a look: noted, or final.

    `night_ms` (epoch ms) is when a lead that is given up is looked for once more.
    """
    here = Transition(state.contact_id, state.episode, State.GONE, come_from=frozenset({state.state}))
    if state.deleted:
        return _final(here, state, Cause.DELETED, now=now)
    before = state.missing or Missing(0, epoch_ms(now))
    missing = Missing(before.times + 1, before.since_ms)
    if is_final(missing, now=now):
        return replace(_final(here, state, Cause.NOT_FOUND, now=now), verify_at_ms=night_ms)
    return replace(
        here,
        state=state.state,
        set={lead_fields.MISSING: _as_text(missing)},
        verify_at_ms=next_look_ms(missing, now=now),
        keep=state.state not in _HAD_REP,
    )


def merged(
    state: LeadState, *, into: str, now: datetime, paid: Mapping[str, int] | None = None
) -> Transition:
    """A lead that we know ends, because its contact was merged into another one.

    `paid` are the book changes to give back to a rep who had not begun; None: its share stays paid.
    """
    here = Transition(state.contact_id, state.episode, State.GONE, come_from=frozenset({state.state}))
    if paid is None:
        return replace(_final(here, state, Cause.MERGED, now=now, merged_into=into), memory="forget")
    detail = {"cause": str(Cause.MERGED), "merged_into": into}
    return replace(
        here,
        drop=_OF_THE_DECISION,
        refund=True,
        paid=paid,
        event=event("gone", now, state, **detail),
        count="leads_gone",
    )


def moved(state: LeadState, *, into: str, now: datetime) -> Transition:
    """A lead that we know goes on under the id of the contact that its own was merged into."""
    return Transition(
        state.contact_id,
        state.episode,
        State.GONE,
        come_from=frozenset({state.state}),
        drop=(*_OF_THE_DECISION, lead_fields.OPEN_WITH),
        event=event("moved", now, state, merged_into=into),
        count="leads_moved",
    )


def found(state: LeadState) -> Transition:
    """HubSpot finds a lead that was missing."""
    return Transition(
        state.contact_id,
        state.episode,
        state.state,
        come_from=frozenset({state.state}),
        drop=(lead_fields.MISSING,),
        keep=state.state not in _HAD_REP,
    )


def is_final(missing: Missing, *, now: datetime) -> bool:
    """True if the contact was not found often enough, over a time long enough, to be given up."""
    return missing.times >= SURE_AFTER and epoch_ms(now) - missing.since_ms >= in_ms(SURE_WITHIN)


def next_look_ms(missing: Missing, *, now: datetime) -> int:
    """When to look for the contact again (epoch ms)."""
    looks = (missing.since_ms + in_ms(after) for after in MISSING_LOOKS)
    return next((at_ms for at_ms in looks if at_ms > epoch_ms(now)), epoch_ms(now + MISSING_LOOKS[0]))


def _final(
    gone: Transition, state: LeadState | None, cause: Cause, *, now: datetime, merged_into: str | None = None
) -> Transition:
    """The lead is given up. A share is given back unless a rep has had the lead.

    The person can come back as a new contact, to the rep who had it: that memory stays.
    """
    kept = state is not None and state.state in _HAD_REP
    decided = None if state is None or state.state in _WITHOUT_REP else state
    detail = {"cause": str(cause)} | ({"merged_into": merged_into} if merged_into else {})
    return replace(
        gone,
        drop=_OF_THE_DECISION,
        refund=not kept,
        memory=None if cause is Cause.MERGED else "person",
        event=event("deleted" if kept else "gone", now, decided, **detail),
        count="leads_deleted" if kept else "leads_gone",
    )


def _as_text(missing: Missing) -> str:
    return f"{missing.times} {missing.since_ms}"
