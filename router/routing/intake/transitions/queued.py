"""The transitions of a lead that waits in a queue."""

from __future__ import annotations

from datetime import datetime

from router.routing.intake.transitions.events import event
from router.store import lead_fields
from router.store.leads.commits import Transition
from router.store.leads.leads import State
from router.store.leads.revisable import OF_REVISION


def reopened(contact_id: str, *, episode: int, now: datetime) -> Transition:
    """No rep claimed the lead in time, or a rep is eligible by now: it is decided once more."""
    return Transition(
        contact_id,
        episode,
        State.REOPENED,
        come_from=frozenset({State.QUEUED}),
        drop=(lead_fields.CHANGES, *OF_REVISION),
        announce=True,
        event=event("reopened", now, None),
        keep=True,
        count="leads_reopened",
    )


def waited_too_long(contact_id: str, *, episode: int, team: str, days: int, now: datetime) -> Transition:
    """Nobody took the lead in all this time: it leaves the queue and is parked, for a person to decide."""
    why = f"It waited in the queue of {team} for {days} days, and nobody took it."
    return Transition(
        contact_id,
        episode,
        State.PARKED,
        come_from=frozenset({State.QUEUED}),
        drop=(lead_fields.CHANGES, lead_fields.QUEUED_SINCE, *OF_REVISION),
        parked={"why": why, "since": now.isoformat(), "fault": "lead"},
        event=event("parked", now, None, why=why),
        keep=True,
        count="leads_waited_too_long",
    )


def claimed_in_hubspot(
    contact_id: str, *, episode: int, owner_id: str, rep: str | None, now: datetime
) -> Transition:
    """A person set the owner of a waiting lead in HubSpot: it leaves the queue and keeps that owner.

    `rep` is the owner's name in the rule files, or None.
    """
    claimed: dict[str, str | int | None] = {"owner_id": owner_id, "rep": rep}
    return Transition(
        contact_id,
        episode,
        State.HUMAN,
        come_from=frozenset({State.QUEUED, State.REOPENED}),
        set={lead_fields.OWNER: owner_id},
        drop=(lead_fields.CHANGES, *OF_REVISION),
        event=event("claimed_in_hubspot", now, None, **claimed),
        count="leads_claimed_in_hubspot",
    )
