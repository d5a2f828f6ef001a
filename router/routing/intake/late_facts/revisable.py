"""What is kept of a new decision, so that it can be seen later whether its facts have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import blake2b

from msgspec.structs import replace

from router.deadlines import REVISE_LOOKS
from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, Outcome, Queued
from router.policy.decision.trigger import Revised
from router.policy.decision.triggered.revision import is_kept
from router.policy.leads.lead import Lead
from router.routing.intake.work_item import WorkItem
from router.store.leads.commits import NewDecision
from router.store.leads.revisable import Revisable
from router.timestamps import epoch_ms, in_ms

_DIGITS = 8
"""Bytes of a digest: 16 hexadecimal digits."""


def what_was_read(properties: Mapping[str, str], names: Iterable[str]) -> str:
    """A digest (16 hexadecimal digits) of these values; a missing and an empty value are the same."""
    digest = blake2b(digest_size=_DIGITS)
    for name in names:
        if value := properties.get(name):
            digest.update(f"{name}\0{value}\0".encode())
    return digest.hexdigest()


def with_revisable(
    new: NewDecision,
    decision: Decision,
    lead: Lead,
    item: WorkItem,
    *,
    compiled: CompiledPolicy,
    names: Iterable[str],
    of_company: Iterable[str],
) -> NewDecision:
    """The decision with what a revision compares with, if one can still come; else as it is.

    `names` are the properties of the contact that are compared, `of_company` those of its company.

    A decision of a new lead, or a revision's, can be revised within `revise` after the lead was announced.
    """
    settle, before = compiled.policy.settle, item.state.revisable if item.state else None
    if settle is None or not (item.trigger is None or (isinstance(item.trigger, Revised) and before)):
        return new
    now_ms = epoch_ms(decision.decided_at)
    revised = before if item.trigger is not None else None
    since_ms = item.since_ms(now_ms=now_ms) if revised is None else revised.since_ms
    until_ms = since_ms + in_ms(settle.revise)
    if until_ms <= now_ms:
        return new
    at_rule = decision.rule, decision.rule_line
    open_facts = decision.inputs.settled.still_open if decision.inputs and decision.inputs.settled else ()
    written = {**lead.properties, **new.changes}
    kept = Revisable(
        since_ms=since_ms,
        seen_ms=item.seen_ms,
        read=what_was_read(written, names),
        company=what_was_read(lead.company, of_company),
        rule=decision.rule,
        target=target_of(compiled, decision),
        outcome=outcome_name(decision.outcome),
        team=decision.outcome.team if isinstance(decision.outcome, Assigned | Queued) else None,
        sla_ms=in_ms(compiled.slas.get(at_rule, compiled.policy.default_sla)),
        segment=decision.segment,
        status=decision.status,
        due_ms=None if decision.due_at is None else epoch_ms(decision.due_at),
        moves=_moves(decision, item, before),
        open_facts=open_facts,
        paid=decision.paid,
        shown=(str(decision.score), decision.grade),
        told=isinstance(item.trigger, Revised) and item.trigger.told and is_kept(decision),
        looks=bool(open_facts) or isinstance(item.trigger, Revised),
    )
    return replace(new, revisable=kept, revise_until_ms=until_ms)


def next_look_ms(kept: Revisable | None, *, until_ms: int, now: datetime) -> int | None:
    """When a decision is looked at although nothing announces a change; None for never.

    One with open facts after a while, and each when it cannot be revised any more: what was kept ends then.
    """
    if kept is None:
        return None
    looks = (kept.since_ms + in_ms(after) for after in REVISE_LOOKS) if kept.looks else ()
    return next((at_ms for at_ms in (*looks, until_ms) if epoch_ms(now) < at_ms <= until_ms), None)


def outcome_name(outcome: Outcome) -> str:
    """The outcome as a decision's record calls it."""
    match outcome:
        case Assigned():
            return "assigned"
        case Queued():
            return "queued"
        case Nurtured():
            return "nurtured"
        case LeftAlone():
            return "left_alone"


def target_of(compiled: CompiledPolicy, decision: Decision) -> str:
    """What the decision's rule does with a lead that goes to nobody, as a digest; "" for other leads."""
    if isinstance(decision.outcome, Assigned | Queued):
        return ""
    at_rule = decision.rule, decision.rule_line
    actions = (one.action for one in compiled.policy.rules if (one.name, one.line) == at_rule)
    return blake2b(repr(next(actions, None)).encode(), digest_size=_DIGITS).hexdigest()


def _moves(decision: Decision, item: WorkItem, before: Revisable | None) -> int:
    """How often revisions gave the lead to somebody else, this decision included."""
    if not isinstance(item.trigger, Revised) or before is None:
        return 0
    if item.chosen_again:  # HubSpot refused the owner of this revision's first choice, which was counted
        return before.moves
    where = item.trigger.owner_id, None if item.trigger.owner_id else (before.outcome, before.team)
    nobody = outcome_name(decision.outcome), getattr(decision.outcome, "team", None)
    moved = where != (decision.owner_id, None if decision.owner_id else nobody)
    return before.moves + moved
