"""A decision on its way into the store, whichever way it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from msgspec.structs import replace

from router.hubspot.api.records import Record
from router.hubspot.properties import OWNER, STATUS
from router.hubspot.routing_properties import changes_for
from router.policy.decision.assignment import (
    assignment_as_record,
    assignment_of,
    assignment_of_record,
    first_look,
)
from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decision import Decision, Queued
from router.policy.decision.trigger import Claimed, Reassigned, Released, Revised, Trigger, trigger_as_record
from router.policy.explanation.decision_record import as_record
from router.policy.people.availability import Reported
from router.policy.waiting.queued_record import as_queued_record
from router.store.leads.commits import Memory, NewDecision
from router.store.leads.leads import LeadState
from router.timestamps import epoch_ms


def new_decision(
    decision: Decision,
    record: Record,
    *,
    compiled: CompiledPolicy,
    reported: Mapping[str, Reported],
    trigger: Trigger | None,
    expected_owner_id: str,
    entry_id: str = "",
    before: LeadState | None = None,
    memory: Memory | None = None,
) -> NewDecision:
    """What the store keeps of a decision, and what is to be written on its contact.

    `expected_owner_id` is the owner that the record must still have ("" for nobody), `entry_id` the inbox
    entry that carries the lead on. `before` is the lead's state; a revision goes on from its assignment.
    """
    shadow = decision.mode == "shadow"
    changes = (
        {} if shadow else changes_for(decision, current_status=_status_of_others(record, trigger, before))
    )
    if _takes_owner(trigger) and not shadow:
        changes.setdefault(OWNER, "")
    return NewDecision(
        contact_id=decision.contact_id,
        episode=decision.episode,
        decision_id=decision.id,
        owner_id=decision.owner_id,
        expected_owner_id=expected_owner_id,
        changes=changes,
        paid=decision.book_changes,
        refundable=decision.paid if isinstance(trigger, Revised) else None,
        queue=_queue_of(decision, trigger),
        entry_id=entry_id,
        record=orjson.dumps(as_record(decision)),
        kept=orjson.dumps(as_queued_record(decision)) if isinstance(decision.outcome, Queued) else b"",
        shadow=shadow,
        memory=memory,
        forgets=isinstance(trigger, Revised),
        trigger=trigger_as_record(trigger) if isinstance(trigger, Reassigned | Revised) else None,
        assignment=assigned(compiled, decision, reported=reported, before=before),
        percent_behind=before.percent_behind if before and goes_on(decision, before) else 0,
    )


def assigned(
    compiled: CompiledPolicy,
    decision: Decision,
    *,
    reported: Mapping[str, Reported],
    before: LeadState | None = None,
) -> dict[str, Any] | None:
    """The assignment as it is stored, with its first look (epoch milliseconds); None without an owner.

    A lead that a revision leaves with its rep, due as `before`, stays assigned since then.
    """
    policy = compiled.policy
    sla = compiled.slas.get((decision.rule, decision.rule_line), policy.default_sla)
    given = assignment_of(decision, sla=sla)
    if given is None:
        return None
    if before is not None and before.assignment is not None and goes_on(decision, before):
        first = assignment_of_record(before.assignment)
        given = replace(given, at=first.at, sla=first.sla)
    look = first_look(policy, decision, given, reported=reported)
    return {**assignment_as_record(given), "look": None if look is None else epoch_ms(look)}


def goes_on(decision: Decision, before: LeadState) -> bool:
    """True if a revision leaves the lead with its rep, due at the same moment: no reminder starts anew."""
    trigger = decision.inputs.trigger if decision.inputs else None
    return (
        isinstance(trigger, Revised)
        and before.owner_id == decision.owner_id != ""
        and decision.due_at == trigger.due_at
    )


def _takes_owner(trigger: Trigger | None) -> bool:
    """True if the lead has an owner, who loses it where the decision names none."""
    if isinstance(trigger, Revised):
        return bool(trigger.owner_id)
    return isinstance(trigger, Reassigned | Released)


def _status_of_others(record: Record, trigger: Trigger | None, before: LeadState | None) -> str:
    """The lead status that stays; "" for none, or for the one that the revised decision wrote."""
    status = record.properties.get(STATUS) or ""
    ours = before.revisable.status if isinstance(trigger, Revised) and before and before.revisable else None
    return "" if status == ours else status


def _queue_of(decision: Decision, trigger: Trigger | None) -> str:
    """The team in whose queue the lead waits, or out of whose queue it was claimed."""
    if isinstance(trigger, Claimed):
        return trigger.team
    return decision.outcome.team if isinstance(decision.outcome, Queued) else ""
