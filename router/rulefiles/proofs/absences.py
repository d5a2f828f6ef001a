"""The time off of reps in the coming days, by day and in spans of days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from router.policy.people.calendar import off_on, time_off_of
from router.policy.people.roster import Roster

DAYS_AHEAD: Final = 60
"""Days that are checked, today included."""
_MOST_SPANS: Final = 3

Absences = Mapping[str, frozenset[date]]
"""By rep, the days off among the coming ones."""


def coming_days(roster: Roster, now: datetime) -> tuple[date, ...]:
    """Today, in the roster's time zone, and the days that follow."""
    today = now.astimezone(roster.timezone).date()
    return tuple(today + timedelta(days=number) for number in range(DAYS_AHEAD))


def absences(roster: Roster, now: datetime) -> Absences:
    """Days off of each rep who has any; `now` is aware UTC."""
    days = coming_days(roster, now)
    found = {}
    for rep in {off.rep for off in roster.time_off}:
        time_off = time_off_of(roster, rep)
        away = frozenset(day for day in days if off_on(time_off, day) is not None)
        if away:
            found[rep] = away
    return found


def in_spans(days: Iterable[date]) -> str:
    """Days in words: `on 2026-12-24`, `from 2026-12-24 to 2026-12-31`, and so on for the next spans."""
    spans: list[list[date]] = []
    for day in sorted(days):
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1][1:] = [day]
        else:
            spans.append([day])
    texts = [
        f"on {span[0]}" if len(span) == 1 else f"from {span[0]} to {span[-1]}" for span in spans[:_MOST_SPANS]
    ]
    return " and ".join(texts) + (" and later again" if len(spans) > _MOST_SPANS else "")
