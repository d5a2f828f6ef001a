"""What a rep was given, as far as it matters to whoever watches whether they work on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from router.policy.decision.decision import Assigned, Decision
from router.policy.people.availability import Reported
from router.policy.rules.policy import Policy
from router.policy.rules.sla import due_at
from router.policy.rules.sla_steps import DUE, NOTHING_REPORTED, Moment, SlaStep, moments, part

_MS: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One lead with one rep since `at` (aware UTC); `rep` is None for an owner who is no rep of ours.

    `status` is the lead status that we had it start with, "" if we left it as it was.
    """

    at: datetime
    sla: timedelta
    rule: str
    segment: str
    rep: str | None = None
    team: str | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class SlaTimetable:
    """When the lead is due, and when each step is; None: never within two years."""

    due_at: datetime | None
    moments: tuple[Moment, ...]

    def reached(self, now: datetime, *, beyond: int) -> tuple[Moment, ...]:
        """The steps whose moment has come; those up to `beyond` per cent of the SLA are behind the lead."""
        return tuple(
            one for one in self.moments if one.step.after > beyond and one.at is not None and one.at <= now
        )

    def following(self, now: datetime) -> Moment | None:
        """The first step whose moment is still to come."""
        return next((one for one in self.moments if one.at is not None and one.at > now), None)


def assignment_of(decision: Decision, *, sla: timedelta) -> Assignment | None:
    """The assignment of a decision under a rule with this SLA; None without an owner, or in shadow mode."""
    outcome = decision.outcome
    if not isinstance(outcome, Assigned) or decision.mode == "shadow":
        return None
    return Assignment(
        at=decision.decided_at,
        sla=sla,
        rule=decision.rule,
        segment=decision.segment,
        rep=outcome.rep,
        team=outcome.team,
        status=decision.status or "",
    )


def sla_of(policy: Policy, decision: Decision) -> timedelta:
    """The SLA of the decision's rule, or the policy's if these rules do not have it."""
    at = decision.rule, decision.rule_line
    found = next((rule.sla for rule in policy.rules if (rule.name, rule.line) == at), None)
    return found or policy.default_sla


def timetable_of(
    policy: Policy, given: Assignment, *, reported: Mapping[str, Reported] = NOTHING_REPORTED
) -> SlaTimetable:
    """The course that the lead takes if nobody works on it, by the rules and calendars of this moment.

    A rep who has left the rule files counts as working round the clock.
    """
    rep = given.rep if given.rep in policy.roster.reps else None
    steps: Sequence[SlaStep] = policy.sla_policy.steps_of(given.segment)
    return SlaTimetable(
        due_at=due_at(given.at, given.sla, roster=policy.roster, rep=rep, reported=reported),
        moments=moments(
            tuple(steps),
            assigned_at=given.at,
            sla=given.sla,
            roster=policy.roster,
            rep=rep,
            reported=reported,
        ),
    )


def first_look(
    policy: Policy,
    decision: Decision,
    given: Assignment,
    *,
    reported: Mapping[str, Reported] = NOTHING_REPORTED,
) -> datetime | None:
    """When somebody has to look whether the rep works on it: it is due, or a step comes before that."""
    steps = policy.sla_policy.steps_of(given.segment)
    if not steps or steps[0].after >= DUE:
        return decision.due_at
    span = part(given.sla, steps[0].after)
    return due_at(given.at, span, roster=policy.roster, rep=given.rep, reported=reported)


def assignment_as_record(given: Assignment) -> dict[str, Any]:
    """The assignment as JSON-ready values."""
    return {
        "at": (given.at - _EPOCH) // _MS,
        "sla_ms": given.sla // _MS,
        "rule": given.rule,
        "segment": given.segment,
        "rep": given.rep,
        "team": given.team,
        "status": given.status,
    }


def assignment_of_record(written: Mapping[str, Any]) -> Assignment:
    """The assignment that `assignment_as_record` wrote, to the millisecond."""
    return Assignment(
        at=_EPOCH + written["at"] * _MS,
        sla=written["sla_ms"] * _MS,
        rule=written["rule"],
        segment=written["segment"],
        rep=written["rep"],
        team=written["team"],
        status=written["status"],
    )
