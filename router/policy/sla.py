"""By when a lead must have been worked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from router.policy.calendar import add_working_time, next_working_minute, time_off_of
from router.policy.roster import Hours, Roster


def due_at(now: datetime, sla: timedelta, *, roster: Roster, rep: str | None) -> datetime | None:
    """When `sla` of the rep's working time has passed since `now` (aware UTC).

    Somebody without hours, or an owner who is no rep of ours (None), works round the clock. None when
    two years of hours do not hold the SLA.
    """
    hours = _hours_of(roster, rep)
    time_off = () if rep is None else time_off_of(roster, rep)
    return add_working_time(now, sla, hours, timezone=roster.timezone, time_off=time_off)


def queue_due_at(now: datetime, sla: timedelta, *, roster: Roster, team: str) -> datetime | None:
    """When `sla` has passed in the working time of the team's rep who is at work first (ties: file order)."""
    rep = first_at_work(now, roster=roster, reps=roster.teams[team].reps)
    return due_at(now, sla, roster=roster, rep=rep)


def first_at_work(now: datetime, *, roster: Roster, reps: Sequence[str]) -> str | None:
    """Who of the reps works first from `now` on; None when nobody does within two years."""
    first: tuple[datetime, str] | None = None
    for rep in reps:
        opens = next_working_minute(
            now, _hours_of(roster, rep), timezone=roster.timezone, time_off=time_off_of(roster, rep)
        )
        if opens == now:
            return rep
        if opens is not None and (first is None or opens < first[0]):
            first = opens, rep
    return None if first is None else first[1]


def _hours_of(roster: Roster, rep: str | None) -> Hours | None:
    return None if rep is None else roster.reps[rep].hours
