"""The line that a transition leaves in the ledger."""

from __future__ import annotations

from datetime import datetime

from router.policy.decision.trigger import Reassigned, Revised, Trigger
from router.store.leads.leads import LeadState
from router.timestamps import in_iso


def event(
    kind: str, now: datetime, state: LeadState | None, **detail: str | int | None
) -> dict[str, str | int | None]:
    """An event of a lead in this state (None: without a decision), with JSON-ready details."""
    return {"at": in_iso(now), "kind": kind, "decision": state.decision_id if state else None, **detail}


def taken_as_detail(trigger: Trigger | None) -> dict[str, str | int | None]:
    """The details of a reassignment (from whom, why, in which run) or of a revision (from whom, which facts).

    Empty for other triggers.
    """
    match trigger:
        case Reassigned():
            return {"from": trigger.owner_id or None, "why": trigger.why, "run": trigger.run}
        case Revised():
            return {"from": trigger.owner_id or None, "facts": ", ".join(trigger.facts)}
        case _:
            return {}
