"""What a queue keeps of a decision, as JSON: enough to decide the lead again, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from router.policy.decision.decision import Decision, Outcome
from router.policy.explanation.decision_record import as_record, fact_of_record, outcome_of_record
from router.policy.leads.lead import Facts

_KEPT: Final = ("revision", "facts", "score", "outcome")


class QueuedDecision(Struct, frozen=True):
    """The decision that queued a lead, as far as the queue needs it."""

    revision: str
    facts: Facts
    score: int
    outcome: Outcome


def as_queued_record(decision: Decision) -> dict[str, Any]:
    """The part of the decision's record that a queue keeps, as JSON-ready values."""
    record = as_record(decision)
    return {name: record[name] for name in _KEPT}


def queued_decision(record: Mapping[str, Any]) -> QueuedDecision:
    """The kept part, also out of the whole record that earlier versions kept.

    Raises KeyError or ValueError for any other record.
    """
    return QueuedDecision(
        revision=record["revision"],
        facts={fact: fact_of_record(written) for fact, written in record["facts"].items()},
        score=record["score"],
        outcome=outcome_of_record(record["outcome"]),
    )
