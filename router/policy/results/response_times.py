"""How fast each rep answers their leads, how many of them in time, and what the leads came to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from router.policy.results.follow_up import FollowUp

Promptness = Literal["in time", "late", "waiting", "no longer theirs"]

SLOWEST_TENTH: Final = 0.9


@dataclass(frozen=True, slots=True)
class Response:
    """How a rep answered. `median` and `p90` are of answered leads, by the clock; None without any.

    `in_time` and `late` are judged by the due time, which counts in the rep's working hours; a lead that
    nobody has answered is late once it is due, and `waiting` before.
    """

    rep: str
    received: int
    answered: int
    in_time: int
    late: int
    waiting: int
    median: timedelta | None
    p90: timedelta | None
    won: int
    lost: int

    @property
    def share_in_time(self) -> float | None:
        """In-time answers among the leads that can be judged, 0 to 1; None if there is none."""
        judged = self.in_time + self.late
        return self.in_time / judged if judged else None


def promptness(lead: FollowUp, *, now: datetime) -> Promptness:
    """Was the lead answered in time? One that left its rep before it was due is nobody's fault."""
    answered, due = lead.first_response_at, lead.due_at
    if answered is not None:
        return "in time" if due is None or answered <= due else "late"
    until = min(now, lead.ended_at) if lead.ended_at is not None else now
    if due is not None and due < until:
        return "late"
    return "waiting" if lead.ended_at is None else "no longer theirs"


def responses(leads: Iterable[FollowUp], *, now: datetime) -> tuple[Response, ...]:
    """Each rep's response, by name; owners who are no reps are left out."""
    of_rep: dict[str, list[FollowUp]] = {}
    for lead in leads:
        if lead.rep is not None:
            of_rep.setdefault(lead.rep, []).append(lead)
    return tuple(response_of(rep, of_rep[rep], now=now) for rep in sorted(of_rep))


def response_of(rep: str, leads: Sequence[FollowUp], *, now: datetime) -> Response:
    """The response to these leads, whoever had them."""
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
        p90=_nearest_rank(times, SLOWEST_TENTH),
        won=sum(lead.outcome == "won" for lead in leads),
        lost=sum(lead.outcome == "lost" for lead in leads),
    )


def _median(ascending: Sequence[timedelta]) -> timedelta | None:
    """The middle value, or halfway between the two in the middle."""
    half, odd = divmod(len(ascending), 2)
    if not ascending or odd:
        return ascending[half] if ascending else None
    return (ascending[half - 1] + ascending[half]) / 2


def _nearest_rank(ascending: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest value that at least `share` of all do not exceed."""
    return ascending[math.ceil(share * len(ascending)) - 1] if ascending else None
