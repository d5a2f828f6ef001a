"""The comparison of a decision that stands with what the rules say by now."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, Queued

Kind: TypeAlias = Literal["assigned", "queued", "nurtured", "left_alone"]
RevisionKind: TypeAlias = Literal["same", "refreshed", "kept", "moved"]
"""What a revision does.

same: nothing · refreshed: only texts on the record change · kept: the owner stays, under another rule, SLA,
segment or status · moved: another owner, queue, or nobody.
"""


class Stands(Struct, frozen=True):
    """A decision as far as a revision compares it.

    `team` is the owner's team or the queue's. `target` is the rule's target as text, and compared only for a
    lead that goes to nobody. `shown` are the score and the grade on the record.
    """

    owner_id: str
    outcome: Kind
    team: str | None
    rule: str
    sla: timedelta
    segment: str
    status: str | None
    target: str = ""
    shown: tuple[str, str] = ("", "")


_NOBODY: Final = ("nurtured", "left_alone")


def stands_of(decision: Decision, *, sla: timedelta, target: str = "") -> Stands:
    """The decision under a rule with this SLA and target."""
    outcome = decision.outcome
    return Stands(
        owner_id=decision.owner_id,
        outcome=_kind(decision),
        team=outcome.team if isinstance(outcome, Assigned | Queued) else None,
        rule=decision.rule,
        sla=sla,
        segment=decision.segment,
        status=decision.status,
        target=target,
        shown=(str(decision.score), decision.grade),
    )


def revision_of(before: Stands, now: Stands) -> RevisionKind:
    """What a revision from `before` to `now` does."""
    if _place(before) != _place(now):
        return "moved"
    if _terms(before) != _terms(now):
        return "kept"
    return "same" if before.shown == now.shown else "refreshed"


def _place(one: Stands) -> tuple[str, ...]:
    queue = one.team if one.outcome == "queued" else None
    return one.owner_id, one.outcome, queue or "", one.target if one.outcome in _NOBODY else ""


def _terms(one: Stands) -> tuple[object, ...]:
    return one.team, one.rule, one.sla, one.segment, one.status


def _kind(decision: Decision) -> Kind:
    match decision.outcome:
        case Assigned():
            return "assigned"
        case Queued():
            return "queued"
        case Nurtured():
            return "nurtured"
        case LeftAlone():
            return "left_alone"
