"""A decision on its way into the store, whichever way it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from router.hubspot.api.records import Record
from router.hubspot.properties import OWNER, STATUS
from router.hubspot.routing_properties import changes_for
from router.policy.decision.assignment import assignment_as_record, assignment_of, first_look
from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decision import Decision, Queued
from router.policy.decision.trigger import Claimed, Reassigned, Released, Trigger, trigger_as_record
from router.policy.explanation.decision_record import as_record
from router.policy.people.availability import Reported
from router.policy.waiting.queued_record import as_queued_record
from router.store.leads.commits import Memory, NewDecision
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
    memory: Memory | None = None,
) -> NewDecision:
    """What the store keeps of a decision, and what is to be written on its contact.

    `expected_owner_id` is the owner that the record must still have ("" for nobody), `entry_id` the inbox
    entry that carries the lead on.
    """
    shadow = decision.mode == "shadow"
    changes = {} if shadow else changes_for(decision, current_status=record.properties.get(STATUS) or "")
    if isinstance(trigger, Reassigned | Released) and not shadow:
        changes.setdefault(OWNER, "")
    return NewDecision(
        contact_id=decision.contact_id,
        episode=decision.episode,
        decision_id=decision.id,
        owner_id=decision.owner_id,
        expected_owner_id=expected_owner_id,
        changes=changes,
        paid=decision.book_changes,
        queue=_queue_of(decision, trigger),
        entry_id=entry_id,
        record=orjson.dumps(as_record(decision)),
        kept=orjson.dumps(as_queued_record(decision)) if isinstance(decision.outcome, Queued) else b"",
        shadow=shadow,
        memory=memory,
        trigger=trigger_as_record(trigger) if isinstance(trigger, Reassigned) else None,
        assignment=assigned(compiled, decision, reported=reported),
    )


def assigned(
    compiled: CompiledPolicy, decision: Decision, *, reported: Mapping[str, Reported]
) -> dict[str, Any] | None:
    """The assignment as it is stored, with its first look (epoch milliseconds); None without an owner."""
    policy = compiled.policy
    sla = compiled.slas.get((decision.rule, decision.rule_line), policy.default_sla)
    given = assignment_of(decision, sla=sla)
    if given is None:
        return None
    look = first_look(policy, decision, given, reported=reported)
    return {**assignment_as_record(given), "look": None if look is None else epoch_ms(look)}


def _queue_of(decision: Decision, trigger: Trigger | None) -> str:
    """The team in whose queue the lead waits, or out of whose queue it was claimed."""
    if isinstance(trigger, Claimed):
        return trigger.team
    return decision.outcome.team if isinstance(decision.outcome, Queued) else ""
