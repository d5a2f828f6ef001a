"""The group of a queued lead: all leads that find a rep at the same moments, whichever of them is asked.

A group's name is its revision, a digest and its rule.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decide import rule_for
from router.policy.decision.decision import Queued
from router.policy.waiting.queued_record import QueuedDecision
from router.policy.waiting.rep_openings import group_digest
from router.store.leads.queues import Tended
from router.timestamps import epoch_ms

_OUTDATED: Final = "- -"
"""In place of digest and rule: leads of an older revision are decided again under the live one."""


def group_of(compiled: CompiledPolicy, lead: Tended, *, now: datetime) -> str | None:
    """The name of the group in which a rep is searched for the lead now; None while it waits for a claim."""
    decision = lead.decision
    if decision is None or not _is_due(decision, now):
        return None
    if decision.revision != compiled.policy.revision:
        return f"{decision.revision} {_OUTDATED}"
    rule = rule_for(compiled, decision.facts, now)
    digest = group_digest(rule, decision.facts, excluded=lead.released_by)
    return f"{decision.revision} {digest} {rule.name}"


def revision_of(group: str) -> str:
    """The revision under which the group's leads were queued."""
    return group.split(" ", 2)[0]


def rule_of(group: str) -> str:
    """The rule of the group's leads."""
    return group.split(" ", 2)[2]


def next_push_ms(lead: Tended, *, now: datetime) -> int | None:
    """When the lead leaves its queue by itself, if that is to come (epoch milliseconds); else None."""
    outcome = lead.decision.outcome if lead.decision else None
    if not isinstance(outcome, Queued) or outcome.push_at is None or outcome.push_at <= now:
        return None
    return epoch_ms(outcome.push_at)


def _is_due(decision: QueuedDecision, now: datetime) -> bool:
    """True if the lead waits for an eligible rep, or longer than its rule lets it wait in the queue."""
    outcome = decision.outcome
    if not isinstance(outcome, Queued):
        return False
    return outcome.why is not None or (outcome.push_at is not None and outcome.push_at <= now)
