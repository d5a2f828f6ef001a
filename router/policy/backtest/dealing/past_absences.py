"""The past roster: overrides of availability at the time, turned into days of time off.

A replay changes eligibility only at midnight and at opening hours, so each day counts as a whole: a day
off for a rep who was reported away at noon, a working day for a rep who was reported present at noon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from router.policy.people.roster import Roster, TimeOff

_DAY: Final = timedelta(days=1)
_NOON: Final = time(12)


class Word(Struct, frozen=True):
    """An override: at `at` a rep was declared away or present `until` a moment, or it was lifted.

    Moments are aware UTC.
    """

    at: datetime
    rep: str
    says: Literal["away", "present", "lifted"]
    until: datetime | None = None


def as_it_was(roster: Roster, words: Iterable[Word], *, now: datetime) -> Roster:
    """The roster with the time off that results from these overrides until `now` (aware UTC).

    Overrides of reps who are not in the roster are left out. A backup stays with the rest of its time off.
    """
    reported: dict[str, dict[date, bool]] = {}
    for word, ends in _with_ends(words, now=now):
        if word.rep in roster.reps and word.says != "lifted":
            for day in _days(word.at, ends, roster.timezone):
                reported.setdefault(word.rep, {})[day] = word.says == "away"
    if not reported:
        return roster
    kept = [part for off in roster.time_off for part in _without(off, reported.get(off.rep, {}))]
    away = [
        TimeOff(rep, day, day) for rep, days in reported.items() for day, is_away in days.items() if is_away
    ]
    return replace(roster, time_off=(*kept, *away))


def _with_ends(words: Iterable[Word], *, now: datetime) -> list[tuple[Word, datetime]]:
    """Each override with its end: its own `until`, the rep's next override, or `now`."""
    found: list[tuple[Word, datetime]] = []
    last: dict[str, int] = {}
    for word in sorted(words, key=lambda one: one.at):
        before = last.get(word.rep)
        if before is not None:
            earlier, ends = found[before]
            found[before] = earlier, min(ends, word.at)
        last[word.rep] = len(found)
        found.append((word, min(word.until or word.at, now)))
    return found


def _days(start: datetime, end: datetime, timezone: ZoneInfo) -> list[date]:
    """The local days whose noon lies between `start` (included) and `end`."""
    day, days = start.astimezone(timezone).date(), []
    while (noon := datetime.combine(day, _NOON, tzinfo=timezone)) < end:
        if noon >= start:
            days.append(day)
        day += _DAY
    return days


def _without(off: TimeOff, days: Mapping[date, bool]) -> list[TimeOff]:
    """The parts of a time off without the days on which the rep was present."""
    parts: list[TimeOff] = []
    left: TimeOff | None = off
    for day in sorted(day for day, is_away in days.items() if not is_away and off.start <= day <= off.end):
        if left is not None and left.start < day:
            parts.append(replace(left, end=day - _DAY))
        left = None if day == off.end else replace(off, start=day + _DAY)
    return parts if left is None else [*parts, left]
