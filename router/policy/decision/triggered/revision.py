"""The placement of a lead whose facts came or changed before anybody had begun."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from router.policy.decision.decision import Assigned, Decision, Queued
from router.policy.decision.eligibility import DecisionContext
from router.policy.decision.placement import Placement
from router.policy.decision.trigger import Revised, Trigger
from router.policy.shares.fair_share import DUST
from router.policy.shares.share_book import add_changes, back_from, is_credit, open_field
from router.policy.wording.phrases import say

_MOST_NAMED: Final = 4
"""Largest number of facts that the sentence names."""


def revised(placement: Placement, trigger: Revised, context: DecisionContext) -> Placement:
    """The placement of a new lead, with the refund of what the decision before paid, and the reason.

    `placement` is in the eyes of a book without that decision. A lead that stays with its owner is kept.
    """
    outcome = placement.outcome
    if isinstance(outcome, Assigned) and outcome.owner_id == trigger.owner_id:
        placement = replace(placement, how="kept")
    why = _why(placement, trigger, context.language)
    already = placement.detour or (outcome.why if isinstance(outcome, Queued) else None)
    detour = why if already is None else f"{already}; {why}"
    if isinstance(outcome, Queued) and outcome.why is not None:
        outcome = replace(outcome, why=detour)
    return replace(placement, outcome=outcome, detour=detour, changes=_changes(placement, trigger))


def due_of_kept(placement: Placement, trigger: Trigger | None, due_at: datetime | None) -> datetime | None:
    """When the lead is due (aware UTC): a rep who keeps a lead does not get more time by its revision."""
    if not isinstance(trigger, Revised) or placement.how != "kept" or trigger.due_at is None:
        return due_at
    return trigger.due_at if due_at is None else min(trigger.due_at, due_at)


def is_kept(decision: Decision) -> bool:
    """Whether the decision revised a lead that stays with its owner."""
    trigger = decision.inputs.trigger if decision.inputs else None
    return isinstance(trigger, Revised) and decision.owner_id == trigger.owner_id != ""


def _changes(placement: Placement, trigger: Revised) -> Mapping[str, int]:
    """The refund and the new changes in one; none but the open count where both cost the same."""
    if placement.how == "kept" and trigger.rep and _costs_the_same(placement.changes, trigger.paid):
        return {open_field(trigger.rep): 0}  # 0, because the lead still counts there
    changes = dict(placement.changes)
    add_changes(changes, back_from(trigger.rep, trigger.paid))
    return changes


def _costs_the_same(now: Mapping[str, int], before: Mapping[str, int]) -> bool:
    """Whether the credits differ by rounding at most; what was paid before may be unknown."""
    if not before:
        return True
    mine, old = ({name: change for name, change in one.items() if is_credit(name)} for one in (now, before))
    return mine.keys() == old.keys() and all(abs(mine[name] - old[name]) <= DUST for name in mine)


def _why(placement: Placement, trigger: Revised, language: str) -> str:
    named = ", ".join(trigger.facts[:_MOST_NAMED])
    more = len(trigger.facts) - _MOST_NAMED
    facts = f"{named} +{more}" if more > 0 else named
    known = say(language, "now_known", facts=facts) if facts else say(language, "facts_changed")
    if placement.how == "kept" or not trigger.owner_id:
        return known
    called = trigger.rep or say(language, "owner_of_id", owner_id=trigger.owner_id)
    return say(language, "moved_from", rep=called, why=known)
