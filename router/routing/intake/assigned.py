"""What is remembered of a decision that gives a lead to an owner, so that somebody watches over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from router.policy.decision.assignment import assignment_as_record, assignment_of, first_look
from router.policy.decision.decision import Decision
from router.policy.people.availability import Reported
from router.policy.rules.policy import Policy
from router.store.leads.leads import LeadState


def assigned(
    policy: Policy, decision: Decision, *, reported: Mapping[str, Reported]
) -> dict[str, Any] | None:
    """The assignment as it is stored, and when to look at it first; None where nobody owns the lead."""
    given = assignment_of(policy, decision)
    if given is None:
        return None
    look = first_look(policy, decision, given, reported=reported)
    look_ms = None if look is None else int(look.timestamp() * 1000)
    return {**assignment_as_record(given), "look": look_ms}


def first_look_ms(state: LeadState) -> int | None:
    """When to look at it first, epoch milliseconds; None for never."""
    return state.assignment["look"] if state.assignment is not None else None
