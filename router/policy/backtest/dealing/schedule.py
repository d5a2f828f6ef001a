"""Stretches of time in which the set of working reps is constant, and due times within them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from msgspec.structs import replace

from router.policy.backtest.judging.columns import MICROSECOND, instant, moment_at
from router.policy.people.calendar import time_off_of
from router.policy.people.roster import Roster
from router.policy.rules.sla import due_at, queue_due_at

_DAY: Final = timedelta(days=1)
_QUARTER: Final = timedelta(minutes=15)
_HALVINGS: Final = 3


class Changes:
    """The instants, within a time span, when the set of reps who can start within an SLA may change.

    Between two of them no rep starts or stops work. They are the openings and closings of hours, the starts
    and ends of days off, and the instants from which an opening lies within the SLA (at most `longest`).
    """

    def __init__(self, roster: Roster, *, first_us: int, last_us: int, longest: timedelta) -> None:
        days = _days(roster, moment_at(first_us), moment_at(last_us) + longest + _DAY)
        self._clock_changes = sorted({edge for day in days for edge in _edges(roster, day)})
        self._by_sla: dict[timedelta, list[int]] = {}

    def after(self, now_us: int, sla: timedelta) -> int:
        """The first change after `now_us` (µs since 1970)."""
        return self.stretch(now_us, sla)[1]

    def stretch(self, now_us: int, sla: timedelta) -> tuple[int, int]:
        """The last change at or before `now_us`, and the first change after it (µs since 1970)."""
        edges = self._by_sla.get(sla)
        if edges is None:
            ahead = sla // MICROSECOND
            edges = sorted({*self._clock_changes, *(edge - ahead for edge in self._clock_changes)})
            self._by_sla[sla] = edges
        place = bisect_right(edges, now_us)
        return edges[place - 1], edges[place]


class DueSchedule:
    """The due times of leads with one SLA, for one rep or for one team's queue.

    A lead that arrives from `start` until `end` (µs since 1970) is due at `due` (None: not within two
    years); if `rises`, the due time moves with the arrival. Call `renew` for an arrival outside of that
    stretch.
    """

    __slots__ = ("_ask", "_changes", "_sla", "due", "end", "rises", "start")

    def __init__(self, ask: Callable[[datetime], datetime | None], changes: Changes, sla: timedelta) -> None:
        self._ask = ask
        self._changes = changes
        self._sla = sla
        self.start = self.end = 0
        self.due: int | None = None
        self.rises = False

    def renew(self, now_us: int) -> None:
        """Move to a stretch that starts at this arrival and on which due times form a straight line."""
        self.start, self.due = now_us, self._asked(now_us)
        self.end = self._changes.after(now_us, self._sla)
        for _ in range(_HALVINGS):
            last = self._asked(self.end - 1)
            self.rises = last != self.due
            if not self.rises:
                return
            if self.due is not None and last is not None and last - self.due == self.end - 1 - now_us:
                return
            # Working time jumps over a break somewhere in between: a shorter stretch may end before it.
            self.end = now_us + max((self.end - now_us) // 2, 1)
        self.end = now_us + 1

    def due_at(self, now_us: int) -> int | None:
        """The due time (µs since 1970, or None) of a lead that arrives at `now_us`."""
        if not self.start <= now_us < self.end:
            self.renew(now_us)
        return self.due + now_us - self.start if self.rises and self.due is not None else self.due

    def _asked(self, now_us: int) -> int | None:
        due = self._ask(moment_at(now_us))
        return None if due is None else instant(due)


class DueSchedules:
    """The due schedules of a roster; reps with the same hours and days off share one schedule."""

    def __init__(self, roster: Roster, changes: Changes) -> None:
        self._roster = roster
        self._changes = changes
        self._known: dict[object, DueSchedule] = {}

    def of_rep(self, rep: str | None, sla: timedelta) -> DueSchedule:
        """The schedule of leads with a rep, or with an owner who is not in `team.yaml` (None)."""
        key = (None if rep is None else self._week_of(rep), sla)
        return self._schedule(key, lambda now: due_at(now, sla, roster=self._roster, rep=rep), sla)

    def of_queue(self, team: str, sla: timedelta) -> DueSchedule:
        """The schedule of leads in a team's queue."""
        key = (team, sla)
        return self._schedule(key, lambda now: queue_due_at(now, sla, roster=self._roster, team=team), sla)

    def _schedule(
        self, key: object, ask: Callable[[datetime], datetime | None], sla: timedelta
    ) -> DueSchedule:
        if key not in self._known:
            self._known[key] = DueSchedule(ask, self._changes, sla)
        return self._known[key]

    def _week_of(self, rep: str) -> object:
        """A key that is equal for reps with the same hours and days off."""
        unnamed = replace(
            self._roster.reps[rep],
            name="",
            owner="",
            level=None,
            skills=(),
            languages=(),
            weight=1,
            max_open_leads=None,
            max_per_day=None,
        )
        return unnamed, tuple(replace(off, rep="", backup=None) for off in time_off_of(self._roster, rep))


def _days(roster: Roster, first: datetime, last_moment: datetime) -> Iterator[date]:
    day = first.astimezone(roster.timezone).date() - _DAY
    last = last_moment.astimezone(roster.timezone).date() + _DAY
    while day <= last:
        yield day
        day += _DAY


def _edges(roster: Roster, day: date) -> Iterator[int]:
    """Midnight, openings and closings of the local day (µs since 1970).

    On a day on which the clocks change, every quarter of an hour is added.
    """
    midnight, next_midnight = (
        datetime.combine(one, time(0), tzinfo=roster.timezone) for one in (day, day + _DAY)
    )
    clocks = {time(0)}
    for rep in roster.reps.values():
        if rep.hours is not None:
            clocks.update(clock for span in rep.hours.week[day.weekday()] for clock in span)
    for clock in clocks:
        yield instant(datetime.combine(day, clock, tzinfo=roster.timezone).astimezone(UTC))
    if midnight.utcoffset() != next_midnight.utcoffset():
        at = midnight.astimezone(UTC)
        while at < next_midnight.astimezone(UTC):
            yield instant(at)
            at += _QUARTER
