"""Follow-ups: the results of each assigned lead, and their totals per rep."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

Ending = Literal["won", "lost"]


class FollowUp(Struct, frozen=True):
    """One decision that gave a rep a lead, and the results of the lead. Moments are aware UTC.

    `rep` is None where the owner is not in the rule files, `team` where the rule named no team.
    `contact_id` is None once the contact was erased. From `ended_at` on the lead has another owner or none;
    later events do not count for this rep. `status` and `stage` are the lead status and the lifecycle
    stage last read.
    """

    decision_id: str
    contact_id: str | None
    team: str | None
    rep: str | None
    owner_id: str
    rule: str
    revision: str
    score: int
    assigned_at: datetime
    due_at: datetime | None = None
    first_response_at: datetime | None = None
    status: str | None = None
    stage: str | None = None
    outcome: Ending | None = None
    outcome_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def response(self) -> timedelta | None:
        """The time from the assignment to the rep's first response, never negative; None without one."""
        if self.first_response_at is None:
            return None
        return max(timedelta(), self.first_response_at - self.assigned_at)


class RepResults(Struct, frozen=True):
    """The results of a rep's leads from one team: the numbers of leads received, won and lost.

    `responses` are the times to the first response of answered leads, shortest first.
    """

    team: str | None
    rep: str
    received: int
    won: int
    lost: int
    responses: tuple[timedelta, ...]


def results(follow_ups: Iterable[FollowUp]) -> tuple[RepResults, ...]:
    """The results of each rep in each team, sorted by name; owners who are no reps are left out."""
    of_rep: dict[tuple[str, str], list[FollowUp]] = {}
    for one in follow_ups:
        if one.rep is not None:
            of_rep.setdefault((one.team or "", one.rep), []).append(one)
    return tuple(
        RepResults(
            team=team or None,
            rep=rep,
            received=len(leads),
            won=sum(one.outcome == "won" for one in leads),
            lost=sum(one.outcome == "lost" for one in leads),
            responses=tuple(sorted(one.response for one in leads if one.response is not None)),
        )
        for (team, rep), leads in sorted(of_rep.items())
    )
