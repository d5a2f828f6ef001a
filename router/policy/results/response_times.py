"""Response times per rep: answered leads, leads in time, and leads won and lost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from msgspec import Struct

from router.policy.results.follow_up import FollowUp
from router.policy.results.result_sums import RepSums

Promptness = Literal["in time", "late", "waiting", "no longer theirs"]

SLOWEST_TENTH: Final = 0.9


class Response(Struct, frozen=True):
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


def responses(sums: Mapping[tuple[str, str], RepSums], *, now: datetime) -> tuple[Response, ...]:
    """Each rep's response at `now` (aware UTC), over all teams, sorted by name."""
    of_rep: dict[str, list[RepSums]] = {}
    for (_team, rep), one in sums.items():
        of_rep.setdefault(rep, []).append(one)
    return tuple(response_of(rep, of_rep[rep], now=now) for rep in sorted(of_rep))


def response_of(rep: str, sums: Iterable[RepSums], *, now: datetime) -> Response:
    """The response to these leads at `now` (aware UTC), all of them counted for `rep`."""
    whole = RepSums()
    for one in sums:
        whole.add(one)
    then = whole.at(now)
    return Response(
        rep=rep,
        received=then.received,
        answered=len(then.times_us),
        in_time=then.in_time,
        late=then.late,
        waiting=then.waiting + len(then.due_us),
        median=_median(then.times_us),
        p90=_nearest_rank(then.times_us, SLOWEST_TENTH),
        won=then.won,
        lost=then.lost,
    )


def _median(ascending_us: Sequence[int]) -> timedelta | None:
    """The middle value, or the mean of the two middle values; None without values."""
    half, odd = divmod(len(ascending_us), 2)
    if not ascending_us:
        return None
    if odd:
        return timedelta(microseconds=ascending_us[half])
    return timedelta(microseconds=ascending_us[half - 1] + ascending_us[half]) / 2


def _nearest_rank(ascending_us: Sequence[int], share: float) -> timedelta | None:
    """The smallest value that at least `share` (0 to 1) of all values do not exceed; None without values."""
    if not ascending_us:
        return None
    return timedelta(microseconds=ascending_us[math.ceil(share * len(ascending_us)) - 1])
