"""Response times per rep: answered leads, leads in time, and leads won and lost."""

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
    """A rep's response to leads. `median` and `p90` (clock time) are of answered leads; None without any.

    `in_time` and `late` are judged by the due time, which counts in the rep's working hours; an unanswered
    lead is late once it is due, and `waiting` before.
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
        """The share of leads in time among leads in time or late, 0 to 1; None without such leads."""
        judged = self.in_time + self.late
        return self.in_time / judged if judged else None


def promptness(lead: FollowUp, *, now: datetime) -> Promptness:
    """Whether the lead was answered in time at `now` (aware UTC).

    A lead that left its rep unanswered before it was due counts as neither in time nor late.
    """
    answered, due = lead.first_response_at, lead.due_at
    if answered is not None:
        return "in time" if due is None or answered <= due else "late"
    until = min(now, lead.ended_at) if lead.ended_at is not None else now
    if due is not None and due < until:
        return "late"
    return "waiting" if lead.ended_at is None else "no longer theirs"


def responses(leads: Iterable[FollowUp], *, now: datetime) -> tuple[Response, ...]:
    """Each rep's response, sorted by name; owners who are no reps are left out."""
    of_rep: dict[str, list[FollowUp]] = {}
    for lead in leads:
        if lead.rep is not None:
            of_rep.setdefault(lead.rep, []).append(lead)
    return tuple(response_of(rep, of_rep[rep], now=now) for rep in sorted(of_rep))


def response_of(rep: str, leads: Sequence[FollowUp], *, now: datetime) -> Response:
    """The response to these leads, all of them counted for `rep`."""
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
    """The middle value, or the mean of the two middle values; None without values."""
    half, odd = divmod(len(ascending), 2)
    if not ascending or odd:
        return ascending[half] if ascending else None
    return (ascending[half - 1] + ascending[half]) / 2


def _nearest_rank(ascending: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest value that at least `share` (0 to 1) of all values do not exceed; None without values."""
    return ascending[math.ceil(share * len(ascending)) - 1] if ascending else None
