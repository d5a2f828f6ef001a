"""Comparison of a decision with the expectation of a rule test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from router.policy.decision.decision import Assigned, Decision, Nurtured, Queued
from router.rulefiles.rule_tests.expectations import Expected

NOBODY: Final = "nobody"
NONE: Final = "none"


class UnmetExpectation(Struct, frozen=True):
    """One expectation that was not met; `what` is its key below `expect`."""

    what: str
    expected: str
    got: str


def differences(
    expected: Expected, decision: Decision, *, timezone: ZoneInfo
) -> tuple[UnmetExpectation, ...]:
    """The expectations that this decision does not meet, without `share`; moments are shown in `timezone`."""
    return tuple(_differing(expected, decision, timezone))


def share_difference(expected: Expected, decisions: Sequence[Decision]) -> UnmetExpectation | None:
    """The difference between counted and expected shares, or None; a rep who is not named expects no lead."""
    if not expected.share:
        return None
    reps = (rep_of(decision) for decision in decisions)
    got = Counter(rep for rep in reps if rep is not None)
    if got == Counter({rep: count for rep, count in expected.share.items() if count}):
        return None
    return UnmetExpectation("share", _shares_in_words(expected.share), _shares_in_words(got))


def rep_of(decision: Decision) -> str | None:
    """The rep who got the lead at once, or None."""
    return decision.outcome.rep if isinstance(decision.outcome, Assigned) else None


def deed_of(decision: Decision) -> str:
    """The decision's kind: `assign`, `queue`, `nurture` or `nothing`."""
    match decision.outcome:
        case Assigned():
            return "assign"
        case Queued():
            return "queue"
        case Nurtured():
            return "nurture"
        case _:
            return "nothing"


def _differing(expected: Expected, decision: Decision, timezone: ZoneInfo) -> Iterator[UnmetExpectation]:
    outcome, rep = decision.outcome, rep_of(decision)
    team = outcome.team if isinstance(outcome, Assigned | Queued) else None
    asked = (
        ("rule", expected.rule, decision.rule),
        ("team", expected.team, team or NONE),
        ("rep", expected.rep, rep or NOBODY),
        ("do", expected.deed, deed_of(decision)),
        ("grade", expected.grade, decision.grade or NONE),
        ("segment", expected.segment, decision.segment or NONE),
        ("status", expected.status, decision.status or NONE),
    )
    for what, wanted, got in asked:
        if wanted is not None and wanted != got:
            yield UnmetExpectation(what, wanted, got)
    if expected.among and rep not in expected.among:
        yield UnmetExpectation("among", ", ".join(expected.among), rep or NOBODY)
    if expected.due is not None and expected.due != decision.due_at:
        yield UnmetExpectation("due", _local(expected.due, timezone), _local(decision.due_at, timezone))


def _local(moment: datetime | None, timezone: ZoneInfo) -> str:
    if moment is None:
        return NONE
    local = moment.astimezone(timezone)
    return f"{local:%Y-%m-%dT%H:%M}" + (f":{local:%S}" if local.second else "")


def _shares_in_words(shares: Mapping[str, int]) -> str:
    return ", ".join(f"{rep} {count}" for rep, count in sorted(shares.items()) if count) or NOBODY
