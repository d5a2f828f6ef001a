"""By when a lead must have been worked."""

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
    """When `sla` of the rep's working time has passed since `now` (aware UTC).

    Somebody without hours, or an owner who is no rep of ours (None), works round the clock. None when
    two years of hours do not hold the SLA. `reported` is what is known of the reps' availability now.
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
    """When `sla` has passed in the working time of the team's rep who is at work first (ties: file order)."""
    rep = first_at_work(now, roster=roster, reps=roster.teams[team].reps, reported=reported)
    return due_at(now, sla, roster=roster, rep=rep, reported=reported)


def first_at_work(
    now: datetime,
    *,
    roster: Roster,
    reps: Sequence[str],
    reported: Mapping[str, Reported] = _NOTHING_REPORTED,
) -> str | None:
    """Who of the reps works first from `now` on; None when nobody does within two years."""
    first: tuple[datetime, str] | None = None
    for rep in reps:
        heard = reported.get(rep) if reported else None
        if is_gone(heard, now):
            continue
        opens = calendar_of(roster, rep, heard).next_working_minute(now)
        if opens == now:
            return rep
        if opens is not None and (first is None or opens < first[0]):
            first = opens, rep
    return None if first is None else first[1]
