"""The SLA steps of `sla` in routing.yaml: reminders and reassignments of leads that nobody works on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from msgspec import Struct, field

from router.policy.people.availability import Reported
from router.policy.people.roster import Manager, Roster
from router.policy.results.work_signs import ANY_ACTIVITY, Activity
from router.policy.rules.sla import due_at

Whom: TypeAlias = Literal["rep", "manager"]
"""The receivers of a notice about an overdue lead: its rep, or the managers of its team."""

DUE: Final = 100
"""The share of the SLA, in per cent, at which a lead is due."""


class Reassign(Struct, frozen=True):
    """Take the lead from its rep, at most `at_most` times; after that only the managers are notified.

    With `same_rule` the rule of the lead decides again; otherwise the first rule that holds at that time.
    """

    same_rule: bool = True
    at_most: int = 2


class MoveToQueue(Struct, frozen=True):
    """Move the lead to the queue of this team, where it waits for a claim."""

    team: str


class SlaStep(Struct, frozen=True):
    """The notices and the action once `after` per cent of the SLA has passed in the rep's working time."""

    after: int
    notify: tuple[Whom, ...] = ()
    action: Reassign | MoveToQueue | None = None


class SlaPolicy(Struct, frozen=True):
    """The settings of `sla` besides the time: the activities that count as work, and the steps.

    `on_breach` are the steps, in order of `after`; `by_segment` are those of segments with their own steps.
    """

    started_when: frozenset[Activity] = ANY_ACTIVITY
    on_breach: tuple[SlaStep, ...] = ()
    by_segment: Mapping[str, tuple[SlaStep, ...]] = field(default_factory=dict)

    def steps_of(self, segment: str) -> tuple[SlaStep, ...]:
        """The steps for leads of this segment."""
        return self.by_segment.get(segment, self.on_breach)


NO_SLA_STEPS: Final = SlaPolicy()
"""The default without any steps: an overdue lead is listed and stays with its owner."""

NOTHING_REPORTED: Final[Mapping[str, Reported]] = {}


class Moment(Struct, frozen=True):
    """The due time of an SLA step (`at`, aware UTC); None means not within two years."""

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
    """The due time of each step, counted in the rep's working time since `assigned_at` (aware UTC).

    Outside of the rep's hours, on days off and during absences no time passes, so the time of a lead that
    comes at night starts with the rep's next working minute.
    """
    return tuple(
        Moment(due_at(assigned_at, part(sla, step.after), roster=roster, rep=rep, reported=reported), step)
        for step in steps
    )


def part(sla: timedelta, percent: int) -> timedelta:
    """The given percentage of the SLA, to the microsecond."""
    return sla * percent / 100


def managers_of(roster: Roster, *, team: str | None, rep: str | None) -> tuple[Manager, ...]:
    """The managers of the team or, without a team, of every team of the rep."""
    teams = {team} if team else {one.name for one in roster.teams.values() if rep in one.reps}
    return tuple(one for one in roster.managers if not one.teams or teams & set(one.teams))
