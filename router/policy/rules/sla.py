"""Due times of leads, in the working time of a rep or of a team's queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from router.policy.people.availability import Reported, calendar_of, is_gone
from router.policy.people.roster import Roster

_NOTHING_REPORTED: Final[Mapping[str, Reported]] = {}


def due_at(
    now: datetime,
    sla: timedelta,
    *,
    roster: Roster,
    rep: str | None,
    reported: Mapping[str, Reported] = _NOTHING_REPORTED,
) -> datetime | None:
    """The time (aware UTC) when `sla` of the rep's working time has passed since `now` (aware UTC).

    A rep without hours, and an owner who is not in `team.yaml` (None), work round the clock. None when the
    SLA does not end within two years. `reported` is the reps' availability from HubSpot and overrides.
    """
    return calendar_of(roster, rep, reported.get(rep) if rep is not None and reported else None).add(now, sla)


def queue_due_at(
    now: datetime,
    sla: timedelta,
    *,
    roster: Roster,
    team: str,
    reported: Mapping[str, Reported] = _NOTHING_REPORTED,
) -> datetime | None:
    """The time (aware UTC) when `sla` has passed in the working time of the team's first rep at work.

    That rep comes from `first_at_work`; without such a rep the time counts round the clock. None when the
    SLA does not end within two years.
    """
    rep = first_at_work(now, roster=roster, reps=roster.teams[team].reps, reported=reported)
    return due_at(now, sla, roster=roster, rep=rep, reported=reported)


def first_at_work(
    now: datetime,
    *,
    roster: Roster,
    reps: Sequence[str],
    reported: Mapping[str, Reported] = _NOTHING_REPORTED,
) -> str | None:
    """The rep who is at work first from `now` (aware UTC) on; ties go by the order of `reps`.

    Reps who are away in HubSpot do not count. None when nobody works within two years.
    """
    first: tuple[datetime, str] | None = None
    for rep in reps:
        report = reported.get(rep) if reported else None
        if is_gone(report, now):
            continue
        opens = calendar_of(roster, rep, report).next_working_minute(now)
        if opens == now:
            return rep
        if opens is not None and (first is None or opens < first[0]):
            first = opens, rep
    return None if first is None else first[1]
