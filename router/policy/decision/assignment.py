"""The assignment of a lead to a rep, and the timetable of its SLA steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from router.policy.decision.decision import Assigned, Decision
from router.policy.people.availability import Reported
from router.policy.rules.policy import Policy
from router.policy.rules.sla import due_at
from router.policy.rules.sla_steps import DUE, NOTHING_REPORTED, Moment, SlaStep, moments, part

_MS: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Assignment(Struct, frozen=True):
    """One lead with one owner since `at` (aware UTC); `rep` is None if the owner is not in `team.yaml`.

    `status` is the lead status that the decision set; "" if it left the status unchanged.
    """

    at: datetime
    sla: timedelta
    rule: str
    segment: str
    rep: str | None = None
    team: str | None = None
    status: str = ""


class SlaTimetable(Struct, frozen=True):
    """The due time of the lead and of each SLA step (aware UTC); None means not within two years."""

    due_at: datetime | None
    moments: tuple[Moment, ...]

    def reached(self, now: datetime, *, beyond: int) -> tuple[Moment, ...]:
        """The steps due by `now` (aware UTC) that come after `beyond` per cent of the SLA."""
        return tuple(
            one for one in self.moments if one.step.after > beyond and one.at is not None and one.at <= now
        )

    def following(self, now: datetime) -> Moment | None:
        """The first step that is due after `now` (aware UTC), or None."""
        return next((one for one in self.moments if one.at is not None and one.at > now), None)


def assignment_of(decision: Decision, *, sla: timedelta) -> Assignment | None:
    """The assignment that a decision makes under this SLA; None without an owner, or in shadow mode."""
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
    """The SLA of the decision's rule; the policy's default if the rule has none or no longer exists."""
    at = decision.rule, decision.rule_line
    found = next((rule.sla for rule in policy.rules if (rule.name, rule.line) == at), None)
    return found or policy.default_sla


def timetable_of(
    policy: Policy, given: Assignment, *, reported: Mapping[str, Reported] = NOTHING_REPORTED
) -> SlaTimetable:
    """The timetable of a lead that nobody works on, by the current rules and calendars.

    A rep who is no longer in the rule files counts as working round the clock.
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
    """The first time (aware UTC) to check the lead: its due time, or an earlier SLA step.

    None means not within two years.
    """
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
