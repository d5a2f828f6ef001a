"""What follow-ups add to the reports on results: they can be stored by day, and added up in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from router.policy.results.follow_up import FollowUp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_COUNTS: Final = ("received", "won", "lost", "won_in_hand", "in_time", "late", "waiting", "no_longer_theirs")


@dataclass(slots=True)
class RepSums:
    """The sums of a rep's leads from one team. `times_us` are times to the first response, microseconds.

    `due_us` are the due times (epoch microseconds) of leads that wait for their first response: each counts
    as late once it is over, and as waiting before. `won_in_hand` counts the won leads that were won while the
    rep still had them.
    """

    received: int = 0
    won: int = 0
    lost: int = 0
    won_in_hand: int = 0
    in_time: int = 0
    late: int = 0
    waiting: int = 0
    no_longer_theirs: int = 0
    times_us: list[int] = field(default_factory=list)
    due_us: list[int] = field(default_factory=list)

    def count(self, lead: FollowUp) -> None:
        """Add one lead."""
        self.received += 1
        self.won += lead.outcome == "won"
        self.lost += lead.outcome == "lost"
        left_first = lead.ended_at is not None and (
            lead.outcome_at is None or lead.outcome_at > lead.ended_at
        )
        self.won_in_hand += lead.outcome == "won" and not left_first
        answered, due = lead.first_response_at, lead.due_at
        if lead.response is not None and answered is not None:
            self.times_us.append(lead.response // _MICROSECOND)
            is_late = due is not None and answered > due
            self.late += is_late
            self.in_time += not is_late
        elif lead.ended_at is not None:
            is_late = due is not None and due < lead.ended_at
            self.late += is_late
            self.no_longer_theirs += not is_late
        elif due is None:
            self.waiting += 1
        else:
            self.due_us.append(_epoch_us(due))

    def add(self, other: RepSums) -> None:
        """Add the sums of other leads."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.times_us += other.times_us
        self.due_us += other.due_us

    def at(self, now: datetime) -> RepSums:
        """The same at `now` (aware UTC): leads that are due are late. It may not be earlier than before."""
        now_us = _epoch_us(now)
        due_us = [one for one in self.due_us if one >= now_us]
        then = _rep_sums([getattr(self, name) for name in _COUNTS], sorted(self.times_us), due_us)
        then.late += len(self.due_us) - len(due_us)
        return then


ResultSums = dict[tuple[str, str], RepSums]
"""By team ("" for none) and rep."""


def result_sums_of(leads: Iterable[FollowUp]) -> ResultSums:
    """The sums of these leads; owners who are no reps are left out."""
    found: ResultSums = {}
    for lead in leads:
        if lead.rep is not None:
            found.setdefault((lead.team or "", lead.rep), RepSums()).count(lead)
    return found


def add_sums(sums: ResultSums, others: Mapping[tuple[str, str], RepSums]) -> None:
    """Add the sums of other leads to `sums`."""
    for place, one in others.items():
        sums.setdefault(place, RepSums()).add(one)


def result_sums_as_record(sums: ResultSums, *, now: datetime) -> list[Any]:
    """The sums at `now` (aware UTC) as JSON-ready values."""
    rows = []
    for (team, rep), one in sums.items():
        then = one.at(now)
        rows.append([team, rep, [getattr(then, name) for name in _COUNTS], then.times_us, then.due_us])
    return rows


def result_sums_of_record(record: Iterable[Any]) -> ResultSums:
    """The sums that `result_sums_as_record` wrote."""
    return {
        (team, rep): _rep_sums(counts, times_us, due_us) for team, rep, counts, times_us, due_us in record
    }


def _rep_sums(counts: Iterable[int], times_us: list[int], due_us: list[int]) -> RepSums:
    found = RepSums(times_us=times_us, due_us=due_us)
    for name, count in zip(_COUNTS, counts, strict=True):
        setattr(found, name, count)
    return found


def _epoch_us(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
