"""What happens to a lead that nobody works on, and when: the steps of `sla` in routing.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from router.policy.people.availability import Reported
from router.policy.people.roster import Manager, Roster
from router.policy.results.work_signs import ANY_ACTIVITY, Activity
from router.policy.rules.sla import due_at

Whom: TypeAlias = Literal["rep", "manager"]
"""Who is told of an overdue lead: its rep, the managers of its team."""

DUE: Final = 100
"""Per cent of the SLA at which a lead is due."""


@dataclass(frozen=True, slots=True)
class Reassign:
    """The lead is taken from its rep, at most so often; then only the managers are told.

    With `same_rule` the rule of the lead decides again, else the first that fits by then.
    """

    same_rule: bool = True
    at_most: int = 2


@dataclass(frozen=True, slots=True)
class MoveToQueue:
    """The lead waits in the queue of this team for whoever claims it."""

    team: str


@dataclass(frozen=True, slots=True)
class SlaStep:
    """What happens once `after` per cent of the SLA has passed in the rep's working time."""

    after: int
    notify: tuple[Whom, ...] = ()
    action: Reassign | MoveToQueue | None = None


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """What `sla` says besides the time: what counts as work, and the steps, in order of `after`.

    `by_segment` are the steps of segments that have their own.
    """

    started_when: frozenset[Activity] = ANY_ACTIVITY
    on_breach: tuple[SlaStep, ...] = ()
    by_segment: Mapping[str, tuple[SlaStep, ...]] = field(default_factory=dict)

    def steps_of(self, segment: str) -> tuple[SlaStep, ...]:
        """The steps for leads of this segment."""
        return self.by_segment.get(segment, self.on_breach)


NO_SLA_STEPS: Final = SlaPolicy()
"""The steps of whoever wrote nothing about them: an overdue lead is listed, and left where it is."""

NOTHING_REPORTED: Final[Mapping[str, Reported]] = {}


@dataclass(frozen=True, slots=True)
class Moment:
    """When a step is due (aware UTC); None: never within two years."""

    at: datetime | None
    step: SlaStep


def moments(
    steps: tuple[SlaStep, ...],
    *,
    assigned_at: datetime,
    sla: timedelta,
    roster: Roster,
    rep: str | None,
    reported: Mapping[str, Reported] = NOTHING_REPORTED,
) -> tuple[Moment, ...]:
    """When each step is due, counted in the rep's working time since `assigned_at` (aware UTC).

    Outside of their hours, on days off and while they are away no time passes, so a lead that comes at
    night is counted from their next opening.
    """
    return tuple(
        Moment(due_at(assigned_at, part(sla, step.after), roster=roster, rep=rep, reported=reported), step)
        for step in steps
    )


def part(sla: timedelta, percent: int) -> timedelta:
    """So many per cent of the SLA, to the microsecond."""
    return sla * percent / 100


def managers_of(roster: Roster, *, team: str | None, rep: str | None) -> tuple[Manager, ...]:
    """Who manages the team, or where the rule named no team, any team of the rep."""
    teams = {team} if team else {one.name for one in roster.teams.values() if rep in one.reps}
    return tuple(one for one in roster.managers if not one.teams or teams & set(one.teams))
