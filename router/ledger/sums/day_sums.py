"""Reports over any span of time from the sums of whole days and the rows of the others."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import orjson
from msgspec import Struct

from router.ledger.opening.database import Database
from router.ledger.sums import result_days, share_days
from router.ledger.sums.day_table import DayTable, DayTexts, Kind
from router.ledger.sums.result_days import ResultRows
from router.ledger.sums.share_days import ShareRows, SharesOfMode
from router.policy.reports.sums.curves import curves_of_record
from router.policy.reports.sums.share_sums import share_sums_of
from router.policy.results.result_sums import ResultSums, add_sums, result_sums_of_record

DAY: Final = timedelta(days=1)
OVER: Final = timedelta(hours=2)
"""A day is summed this long after its end (UTC), when hardly any of its rows is still to come."""
KINDS: Final[tuple[Kind, ...]] = ("shares", "results")


class DaysSummed(Struct, frozen=True):
    """Result of one run: the number of days whose sums were made, and the seconds that it took."""

    days: int
    took_s: float


class DaySums:
    """The sums of one portal's days (UTC). Safe to use by several processes at once."""

    def __init__(self, database: Database, portal: str) -> None:
        self.table = DayTable(database, portal)
        self._shares = ShareRows(database, portal)
        self._results = ResultRows(database, portal)
        self._complete_from: dict[Kind, date] = {}
        """The day up to which every day had sums when this process last looked."""

    def shares(self, *, mode: str, since: datetime, rep: str | None = None, curves: str = "") -> SharesOfMode:
        """The sums of the decisions of a mode made at or after `since` (aware UTC).

        `missed` is filled for `rep` alone; `curves` are left out unless "whole" (a point for each lead, from
        the rows), or "thin" (four points a day).
        """
        if curves == "whole":
            return self._shares.sums(since=since.astimezone(UTC)).get(mode, SharesOfMode())
        found = SharesOfMode()
        since = self._begin(since)
        stored = self.table.holding("shares", "sums", "missed", "curves", since=_first_day(since))
        for begin, end, day in _spans(since, stored):
            if day is not None:
                _add_stored(found, stored[day], mode=mode, rep=rep, curves=bool(curves))
                continue
            rows = self._shares.sums(since=begin, until=end).get(mode, SharesOfMode())
            found.shares.add(rows.shares)
            found.missed.add(rows.missed)
            if curves:
                found.curves.add(rows.curves.thinned())
        return found

    def results(self, *, since: datetime, up_to: datetime | None = None) -> ResultSums:
        """The sums of leads assigned from `since` to `up_to` (both included, aware UTC)."""
        since = self._begin(since)
        stored = self.table.holding("results", "sums", since=_first_day(since))
        whole = {day: sums for day, (sums,) in stored.items() if up_to is None or day < _today(up_to)}
        found: ResultSums = {}
        for begin, end, day in _spans(since, whole):
            if day is None:
                add_sums(found, self._results.sums(since=begin, until=end, up_to=up_to))
            else:
                add_sums(found, result_sums_of_record(orjson.loads(whole[day])))
        return found

    def days_without(self, mode: str, *, since: date) -> frozenset[date]:
        """The days from `since` on that are known to have no decision of that mode."""
        modes = self.table.holding("shares", "modes", since=since)
        return frozenset(day for day, (found,) in modes.items() if mode not in found.split())

    def pending(self, *, now: datetime) -> bool:
        """Whether the sums of some day that is over are to be made."""
        return any(next(self._to_make(kind, now=now), None) for kind in KINDS)

    def make_some(self, *, now: datetime, longest_s: float) -> DaysSummed:
        """Make the sums of days that are over, latest first, until none is left or `longest_s` have passed.

        Safe to repeat, and to kill: what is left shows in the ledger itself.
        """
        began, days = time.monotonic(), 0
        for kind in KINDS:
            self.table.forget_changes(kind, since=_today(now))
            for day in self._to_make(kind, now=now):
                days += self.make(kind, day, now=now)
                if time.monotonic() - began >= longest_s:
                    return DaysSummed(days, round(time.monotonic() - began, 3))
        return DaysSummed(days, round(time.monotonic() - began, 3))

    def make(self, kind: Kind, day: date, *, now: datetime) -> bool:
        """Make the sums of one day from its rows; False if something came between: it stays to be made."""
        state = self.table.state(kind, day)
        return self.table.store(kind, day, self._texts(kind, day, now=now), state=state)

    def _texts(self, kind: Kind, day: date, *, now: datetime) -> DayTexts:
        if kind == "shares":
            return share_days.texts_of(self._shares.sums(since=day, until=day + DAY))
        return result_days.texts_of(self._results.sums(since=day, until=day + DAY), now=now)

    def _to_make(self, kind: Kind, *, now: datetime) -> Iterator[date]:
        """Days that are over and whose sums do not hold, latest first: changed ones, then those without."""
        closed = _today(now - OVER)
        yield from self.table.changed(kind, before=closed)
        if self._complete_from.get(kind, date.min) >= closed:
            return
        kept = max(self.table.kept_since() or date.min, self._complete_from.get(kind, date.min))
        holding = self.table.holding(kind, since=kept).keys()
        rows = self._shares if kind == "shares" else self._results
        complete = True
        for day in rows.days_before(closed):
            if day < kept:
                break
            if day not in holding:
                complete = False
                yield day
        if complete:
            self._complete_from[kind] = closed

    def _begin(self, since: datetime) -> datetime:
        """`since`, or the beginning of its day if the rows of that day are pruned and only sums are left."""
        since, kept = since.astimezone(UTC), self.table.kept_since()
        return since if kept is None or since.date() >= kept else _midnight(since.date())


def _add_stored(
    found: SharesOfMode, texts: Sequence[str], *, mode: str, rep: str | None, curves: bool
) -> None:
    sums, missed, lines = texts
    if mode in (of_mode := orjson.loads(sums)):
        found.shares.add(share_sums_of(of_mode[mode]))
    if rep is not None:
        found.missed.add_record(orjson.loads(missed).get(mode, {}), rep=rep)
    if curves:
        found.curves.add(curves_of_record(orjson.loads(lines).get(mode, ())))


def _spans(
    since: datetime, stored: Mapping[date, Any]
) -> Iterator[tuple[datetime | date, date | None, date | None]]:
    """Spans in order from `since` on: a day with sums, or rows from a moment or day to before a day."""
    begin: datetime | date = since
    for day in stored:
        if begin != day:
            yield begin, day, None
        yield day, day + DAY, day
        begin = day + DAY
    yield begin, None, None


def _first_day(since: datetime) -> date:
    """The first day that lies in the span as a whole; `since` is in UTC."""
    return since.date() if since == _midnight(since.date()) else since.date() + DAY


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _today(now: datetime) -> date:
    return now.astimezone(UTC).date()
