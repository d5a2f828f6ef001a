"""Lead Router's own properties on a contact, and the values that a decision writes there."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from router.hubspot.properties import (
    DECISION_ID,
    DUE_AT,
    GRADE,
    OWNER,
    REASON,
    RULE,
    SCORE,
    SEGMENT,
    STATUS,
)
from router.policy.decision.decision import Assigned, Decision, Nurtured
from router.timestamps import epoch_ms

ALWAYS_READ: Final = (OWNER, STATUS, DECISION_ID)
"""Properties read with every contact: its owner, its status, and the decision written there."""


def changes_for(decision: Decision, *, current_status: str) -> dict[str, str]:
    """The values to write on the contact: owner, status and reason together. An existing status stays."""
    changes = {
        REASON: decision.reason,
        RULE: decision.rule,
        SCORE: str(decision.score),
        GRADE: decision.grade,
        SEGMENT: decision.segment,
        DUE_AT: _epoch_ms(decision.due_at),
        DECISION_ID: decision.id,
    }
    if isinstance(decision.outcome, Assigned):
        changes[OWNER] = decision.outcome.owner_id
    if isinstance(decision.outcome, Nurtured):
        changes.update(decision.outcome.sets)
    if decision.status and not current_status:
        changes[STATUS] = decision.status
    return changes


def changes_for_restored(owner_id: str, status: str | None, *, reason: str) -> dict[str, str]:
    """The values to write when a person's choice, which our write had covered, is given back."""
    changes = {OWNER: owner_id, REASON: reason, DUE_AT: ""}
    if status is not None:
        changes[STATUS] = status
    return changes


def _epoch_ms(moment: datetime | None) -> str:
    return str(epoch_ms(moment)) if moment else ""
