"""What each lead of a batch needs, worked out from its state and its record. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from router.hubspot.api.records import ReadAnswer, Record
from router.hubspot.properties import DECISION_ID, OWNER
from router.policy.decision.trigger import Reassigned, Revised
from router.routing.intake.decision_ids import lost_send
from router.routing.intake.transitions import gone
from router.routing.intake.transitions import leads as transitions
from router.routing.intake.work_item import WorkItem
from router.store.leads.commits import Transition
from router.store.leads.leads import State


@dataclass(slots=True)
class BatchPlan:
    """A batch, classified. Every work item is in exactly one of the first three, or has a transition."""

    to_decide: list[WorkItem] = field(default_factory=list)
    to_write: list[WorkItem] = field(default_factory=list)
    """Decided earlier, not on the record yet."""
    unread: list[WorkItem] = field(default_factory=list)
    """HubSpot did not answer for these; they are read again."""
    transitions: list[Transition] = field(default_factory=list)
    merged: list[WorkItem] = field(default_factory=list)
    """Leads that were decided before and live on under another id: they are settled apart."""
    survivors: dict[str, Record] = field(default_factory=dict)
    """By contact id: records that merged contacts live on in, and that may never be announced."""


def classify(items: Sequence[WorkItem], answer: ReadAnswer, *, shadow: bool, now: datetime) -> BatchPlan:
    """Sort the items of a batch by what their records say; in `shadow` mode nothing is to be written."""
    plan = BatchPlan()
    for item in items:
        record = answer.records.get(item.contact_id)
        if record is not None and record.merged_into is not None:
            _classify_merged(plan, item, record, into=record.merged_into, now=now)
        elif record is not None:
            seen = item.as_read(seen_ms=record.updated_at_ms, created_ms=record.created_at_ms)
            _classify_found(plan, seen, record, shadow=shadow, now=now)
        elif answer.missing.get(item.contact_id) == "gone":
            plan.transitions.append(gone.of_item(item, now=now))
        else:
            plan.unread.append(item)
    return plan


def _classify_merged(plan: BatchPlan, item: WorkItem, record: Record, *, into: str, now: datetime) -> None:
    if item.state is not None and item.state.state is State.REOPENED:
        plan.merged.append(item)
        return
    plan.transitions.append(gone.of_item(item, now=now, merged_into=into))
    if item.state is None or item.state.state is State.DECIDED:
        plan.survivors[into] = record


def _classify_found(plan: BatchPlan, item: WorkItem, record: Record, *, shadow: bool, now: datetime) -> None:
    owner_id = record.properties.get(OWNER) or ""
    state = item.state
    if is_late_write_of_ours(item, record):
        # Nobody chose that owner: an earlier decision of ours was applied late.
        owner_id = item.expected_owner_id if item.needs_decision or state is None else state.expected_owner_id
    is_applied = state is not None and record.properties.get(DECISION_ID) == state.decision_id
    # In shadow mode HubSpot's own rotation owns the leads, and our decision is compared with it.
    if (state is None or state.state in (State.GONE, State.WAITING)) and owner_id and not shadow:
        lost = lost_send(record)
        plan.transitions.append(transitions.owned_already(item, owner_id=owner_id, lost=lost, now=now))
    elif item.needs_decision and _stays_with_owner(item, owner_id, shadow=shadow):
        plan.transitions.append(transitions.not_reassigned(item, owner_id=owner_id, now=now))
    elif state is None or item.is_undecided or _is_as_expected(item, owner_id, shadow=shadow):
        plan.to_decide.append(item)
    elif is_applied and owner_id == state.owner_id:
        plan.transitions.append(transitions.written(item, now=now))
    elif is_applied or owner_id not in (state.expected_owner_id, state.owner_id):
        plan.transitions.append(transitions.taken_by_a_person(item, owner_id=owner_id, now=now))
    elif shadow:
        plan.transitions.append(transitions.shadowed(item, owner_id=owner_id, now=now))
    else:
        plan.to_write.append(item)


def is_late_write_of_ours(item: WorkItem, record: Record) -> bool:
    """True if the record shows an earlier decision of ours that was applied late, over what came after it."""
    if item.state is None:
        return False
    owner_id, decision_id = record.properties.get(OWNER) or "", record.properties.get(DECISION_ID)
    present = item.needs_decision or decision_id != item.state.decision_id
    expected = item.expected_owner_id if item.needs_decision else item.state.expected_owner_id
    return (
        present
        and owner_id != expected
        and item.state.unanswered_at_ms > 0
        and any(one.owner_id == owner_id and one.decision_id == decision_id for one in item.state.sends)
    )


def _stays_with_owner(item: WorkItem, owner_id: str, *, shadow: bool) -> bool:
    """True for a reassignment or a revision that is off: the lead has another owner by now.

    In shadow mode nothing is reassigned, and a revision does not look at HubSpot's owner.
    """
    if isinstance(item.trigger, Revised):
        return not shadow and owner_id != item.expected_owner_id
    return isinstance(item.trigger, Reassigned) and (shadow or owner_id != item.expected_owner_id)


def _is_as_expected(item: WorkItem, owner_id: str, *, shadow: bool) -> bool:
    """True if a new decision is due and can be made: the owner is who it expects, or is not looked at."""
    if not item.needs_decision:
        return False
    return owner_id == item.expected_owner_id or (shadow and isinstance(item.trigger, Revised))
