"""The JSON record of a decision, written and read without loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from router.policy.decision.decision import (
    Assigned,
    Decision,
    LeftAlone,
    Nurtured,
    Outcome,
    PassedOver,
    Queued,
)
from router.policy.decision.inputs import Inputs, OwnerSeen
from router.policy.decision.trigger import Reassigned, paid_alone, trigger_as_record, trigger_of_record
from router.policy.leads.lead import Value
from router.policy.leads.settle import Settled
from router.policy.people.availability_record import reported_as_record, reported_from_record
from router.policy.rules.affinity import Remembered
from router.policy.shares.lead_value import ONE_LEAD, LeadValue
from router.policy.shares.share import Share
from router.policy.shares.share_book import add_changes, back_from
from router.timestamps import in_iso

_MICROSECOND: Final = timedelta(microseconds=1)


def as_record(decision: Decision) -> dict[str, Any]:
    """The decision as JSON-ready values: texts, whole numbers, lists and mappings only."""
    due_at = decision.due_at
    return {
        "id": decision.id,
        "contact_id": decision.contact_id,
        "episode": decision.episode,
        "decided_at": in_iso(decision.decided_at),
        "revision": decision.revision,
        "facts": {
            fact: value if type(value) in _AS_THEY_ARE else _WRITERS[type(value)](value)
            for fact, value in decision.facts.items()
        },
        "fit": decision.fit,
        "engagement": decision.engagement,
        "score": decision.score,
        "grade": decision.grade,
        "segment": decision.segment,
        "rule": decision.rule,
        "rule_line": decision.rule_line,
        "outcome": _outcome_as_record(decision.outcome),
        "status": decision.status,
        "due_at": None if due_at is None else in_iso(due_at),
        "reason": decision.reason,
        "shares": _shares_as_record(decision.shares),
        **({"away": _shares_as_record(decision.away)} if decision.away else {}),
        "passed_over": [[passed.rep, passed.reason] for passed in decision.passed_over],
        "book_changes": dict(decision.book_changes),
        **_lead_value_as_record(decision.lead_value),
        "mode": decision.mode,
        "inputs": None if decision.inputs is None else _inputs_as_record(decision.inputs),
    }


def from_record(record: Mapping[str, Any]) -> Decision:
    """The decision that `as_record` wrote. Raises KeyError or ValueError for any other record."""
    due_at = record["due_at"]
    return Decision(
        id=record["id"],
        contact_id=record["contact_id"],
        episode=record["episode"],
        decided_at=datetime.fromisoformat(record["decided_at"]),
        revision=record["revision"],
        facts={fact: fact_of_record(written) for fact, written in record["facts"].items()},
        fit=record["fit"],
        engagement=record["engagement"],
        score=record["score"],
        grade=record["grade"],
        segment=record["segment"],
        rule=record["rule"],
        rule_line=record["rule_line"],
        outcome=outcome_of_record(record["outcome"]),
        status=record["status"],
        due_at=None if due_at is None else datetime.fromisoformat(due_at),
        reason=record["reason"],
        shares=tuple(Share(*share) for share in record["shares"]),
        away=tuple(Share(*share) for share in record.get("away", ())),
        passed_over=tuple(PassedOver(rep, reason) for rep, reason in record["passed_over"]),
        book_changes=dict(record["book_changes"]),
        lead_value=LeadValue(*record["worth"]) if "worth" in record else ONE_LEAD,
        mode=record.get("mode", "live"),
        inputs=_inputs(record.get("inputs")),
    )


def shares_from_record(record: Mapping[str, Any], *, contact_id: str | None = None) -> Decision:
    """The decision as far as reports on shares read it: no facts, and of its inputs only the trigger.

    `contact_id` is that of today, if it is another than the record's: contacts are merged.
    It takes a sixth of the time of `from_record`. What the first versions did not record is empty.
    """
    trigger = trigger_of_record((record.get("inputs") or {}).get("occasion"))
    return Decision(
        id=record["id"],
        contact_id=contact_id or record["contact_id"],
        episode=record["episode"],
        decided_at=datetime.fromisoformat(record["decided_at"]),
        revision=record["revision"],
        facts={},
        fit=0,
        engagement=0,
        score=record["score"],
        grade="",
        segment="",
        rule="",
        rule_line=0,
        outcome=outcome_of_record(record["outcome"]),
        status=None,
        due_at=None,
        reason="",
        shares=tuple(Share(*share) for share in record.get("shares", ())),
        away=tuple(Share(*share) for share in record.get("away", ())),
        passed_over=tuple(PassedOver(rep, reason) for rep, reason in record.get("passed_over", ())),
        book_changes=record.get("book_changes", {}),
        lead_value=LeadValue(*record["worth"]) if "worth" in record else ONE_LEAD,
        mode=record.get("mode", "live"),
        inputs=None if trigger is None else Inputs(trigger=trigger),
    )


def cost_in(record: Mapping[str, Any]) -> Mapping[str, int]:
    """What the recorded decision itself has cost: not what it gave back to whoever had the lead before."""
    trigger = trigger_of_record((record.get("inputs") or {}).get("occasion"))
    if not isinstance(trigger, Reassigned):
        return paid_in(record)
    own = dict(record.get("book_changes", {}))
    add_changes(own, {name: -change for name, change in back_from(trigger.rep, trigger.paid).items()})
    return {name: change for name, change in own.items() if change}


def paid_in(record: Mapping[str, Any]) -> Mapping[str, int]:
    """What a refund of the recorded decision takes back, see `paid_alone`."""
    trigger = trigger_of_record((record.get("inputs") or {}).get("occasion"))
    return paid_alone(record.get("book_changes", {}), trigger)


def _shares_as_record(shares: Sequence[Share]) -> list[list[str | int]]:
    return [[share.rep, share.weight, share.credit, share.last] for share in shares]


def _lead_value_as_record(lead_value: LeadValue) -> dict[str, list[str | int]]:
    return (
        {} if lead_value == ONE_LEAD else {"worth": [lead_value.unit, lead_value.value, lead_value.largest]}
    )


_AS_THEY_ARE: Final = frozenset({str, bool})
_WRITERS: Final[Mapping[type, Callable[[Any], Any]]] = {
    Decimal: lambda value: {"number": str(value)},
    datetime: lambda value: {"moment": value.isoformat()},
    date: lambda value: {"day": value.isoformat()},
    timedelta: lambda value: {"span_us": value // _MICROSECOND},
    frozenset: lambda value: {"choices": sorted(value)},
}
"""The writer for each other type of value, which is written with the value."""


def fact_of_record(written: Any) -> Value:
    """The value of a fact as `as_record` wrote it. Raises ValueError for any other."""
    match written:
        case str() | bool():
            return written
        case {"number": number}:
            return Decimal(number)
        case {"moment": moment}:
            return datetime.fromisoformat(moment)
        case {"day": day}:
            return date.fromisoformat(day)
        case {"span_us": span}:
            return timedelta(microseconds=span)
        case {"choices": choices}:
            return frozenset(choices)
    raise ValueError(f"A fact of the record is written as {written!r}, which no decision writes.")


def _outcome_as_record(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Assigned(rep, owner_id, team):
            return {"kind": "assigned", "rep": rep, "owner_id": owner_id, "team": team}
        case Queued(team, why, push_at):
            pushed = {} if push_at is None else {"push_at": push_at.isoformat()}
            return {"kind": "queued", "team": team, "why": why, **pushed}
        case Nurtured(sets, workflow):
            return {"kind": "nurtured", "sets": dict(sets), "workflow": workflow}
        case LeftAlone():
            return {"kind": "left_alone"}


def outcome_of_record(record: Mapping[str, Any]) -> Outcome:
    """The outcome as `as_record` wrote it. Raises KeyError or ValueError for any other."""
    match record["kind"]:
        case "assigned":
            return Assigned(rep=record["rep"], owner_id=record["owner_id"], team=record["team"])
        case "queued":
            push_at = record.get("push_at")
            return Queued(
                team=record["team"],
                why=record["why"],
                push_at=None if push_at is None else datetime.fromisoformat(push_at),
            )
        case "nurtured":
            return Nurtured(sets=dict(record["sets"]), workflow=record["workflow"])
        case "left_alone":
            return LeftAlone()
    raise ValueError(f"The record's outcome is {record['kind']!r}, which no decision has.")


def _inputs_as_record(inputs: Inputs) -> dict[str, Any]:
    return {
        "book": dict(inputs.book),
        "reps": {rep: [owner.id, owner.archived] for rep, owner in inputs.reps.items()},
        "account_owner": None if inputs.account_owner is None else _seen_as_record(inputs.account_owner),
        **(
            {}
            if inputs.previous_owner is None
            else {"previous_owner": _seen_as_record(inputs.previous_owner)}
        ),
        "excluded": sorted(inputs.excluded),
        "said": {rep: reported_as_record(reported) for rep, reported in inputs.reported.items()},
        "remembered": [[one.kind, one.owner_id, in_iso(one.at)] for one in inputs.remembered],
        **({} if inputs.trigger is None else {"occasion": trigger_as_record(inputs.trigger)}),
        **({} if inputs.settled is None else {"settled": _settled_as_record(inputs.settled)}),
    }


def _settled_as_record(settled: Settled) -> dict[str, Any]:
    return {
        "waited_ms": settled.waited_ms,
        "waited_for": list(settled.waited_for),
        "still_open": list(settled.still_open),
    }


def _seen_as_record(owner: OwnerSeen) -> list[str | bool]:
    return [owner.id, owner.archived]


def _inputs(written: Mapping[str, Any] | None) -> Inputs | None:
    if written is None:
        return None
    followed, before = written["account_owner"], written.get("previous_owner")
    return Inputs(
        book=dict(written["book"]),
        reps={rep: OwnerSeen(owner_id, archived) for rep, (owner_id, archived) in written["reps"].items()},
        account_owner=None if followed is None else OwnerSeen(*followed),
        previous_owner=None if before is None else OwnerSeen(*before),
        excluded=frozenset(written["excluded"]),
        reported={rep: reported_from_record(reported) for rep, reported in written.get("said", {}).items()},
        remembered=tuple(
            Remembered(kind, owner_id, datetime.fromisoformat(at))
            for kind, owner_id, at in written.get("remembered", ())
        ),
        trigger=trigger_of_record(written.get("occasion")),
        settled=None if (settled := written.get("settled")) is None else _settled_of_record(settled),
    )


def _settled_of_record(written: Mapping[str, Any]) -> Settled:
    return Settled(written["waited_ms"], tuple(written["waited_for"]), tuple(written["still_open"]))
