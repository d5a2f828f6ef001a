"""Response times and wins as they were computed before there were sums: the oracle of tests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from router.policy.people.roster import Team
from router.policy.results.follow_up import FollowUp
from router.policy.results.response_times import Response, promptness
from router.policy.shares.performance_weights import RIPENS, Wins


def responses(leads: Iterable[FollowUp], *, now: datetime) -> tuple[Response, ...]:
    of_rep: dict[str, list[FollowUp]] = {}
    for lead in leads:
        if lead.rep is not None:
            of_rep.setdefault(lead.rep, []).append(lead)
    return tuple(response_of(rep, of_rep[rep], now=now) for rep in sorted(of_rep))


def response_of(rep: str, leads: Sequence[FollowUp], *, now: datetime) -> Response:
    times = sorted(lead.response for lead in leads if lead.response is not None)
    judged = [promptness(lead, now=now) for lead in leads]
    return Response(
        rep=rep,
        received=len(leads),
        answered=len(times),
        in_time=judged.count("in time"),
        late=judged.count("late"),
        waiting=judged.count("waiting"),
        median=_median(times),
        p90=times[math.ceil(0.9 * len(times)) - 1] if times else None,
        won=sum(lead.outcome == "won" for lead in leads),
        lost=sum(lead.outcome == "lost" for lead in leads),
    )


def _median(ascending: Sequence[timedelta]) -> timedelta | None:
    half, odd = divmod(len(ascending), 2)
    if not ascending or odd:
        return ascending[half] if ascending else None
    return (ascending[half - 1] + ascending[half]) / 2


def ripe(follow_ups: Iterable[FollowUp], team: Team, *, now: datetime) -> tuple[Wins, ...]:
    if team.performance is None:
        return ()
    first, last = now - RIPENS - team.performance, now - RIPENS
    received, won = dict.fromkeys(team.reps, 0), dict.fromkeys(team.reps, 0)
    for one in follow_ups:
        if one.team != team.name or one.rep not in received or not first <= one.assigned_at <= last:
            continue
        received[one.rep] += 1
        late = one.ended_at is not None and (one.outcome_at is None or one.outcome_at > one.ended_at)
        won[one.rep] += one.outcome == "won" and not late
    return tuple(Wins(rep, received[rep], won[rep]) for rep in team.reps)
