"""Openings: teams whose leads would wait much longer than usual, although their SLA is short.

Public holidays make a closing longer, and are mentioned; but only time off causes a warning, because
Christmas cannot be put off. What HubSpot and overrides say of reps is not in the rule files, and not checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from router.policy.people.availability import calendar_of
from router.policy.people.calendar import Calendar
from router.policy.people.public_holidays import holiday_on
from router.policy.people.roster import Roster
from router.policy.rules.policy import Assign, ToTeam, steps_of
from router.rulefiles.proofs.absences import absences, coming_days
from router.rulefiles.proofs.candidates import NO_FACTS, Candidates
from router.rulefiles.proofs.findings import Finding, few_of, own_name
from router.rulefiles.proofs.reach import Reach
from router.rulefiles.yaml.mistakes import Severity

_DAY: Final = timedelta(days=1)
_LONG_WEEKEND: Final = 3 * _DAY
_WEEK_DAYS: Final = 7
_BEFORE: Final = range(6)
"""Most days that the closing before a day off lies back: over a weekend between public holidays."""


class Wait(Struct, frozen=True):
    """A time in which no rep is at work, from one moment to the other (aware UTC)."""

    closes: datetime
    opens: datetime

    @property
    def span(self) -> timedelta:
        """Length of that time."""
        return self.opens - self.closes


def opening_findings(candidates: Candidates, reaches: Sequence[Reach], *, now: datetime) -> Iterator[Finding]:
    """A warning for each team that opens later than its weeks have it and than an SLA allows.

    A closing counts that is longer than three days and a day longer than any of a usual week.
    """
    roster = candidates.policy.roster
    waits: dict[tuple[str, ...], Wait | None] = {}
    reported: set[tuple[str, ...]] = set()
    for reach in reaches:
        rule = candidates.space.rules[reach.rule]
        step = next(steps_of(rule.action), None)
        if not reach.is_reached or not isinstance(step, Assign) or not isinstance(step.to, ToTeam):
            continue
        reps = candidates.of_step(step, NO_FACTS)
        if reps not in waits:
            waits[reps] = _longest_wait(roster, reps, now=now)
        wait, sla = waits[reps], rule.sla or candidates.policy.default_sla
        if wait is None or wait.span <= sla or reps in reported:
            continue
        reported.add(reps)
        closes, opens = (
            f"{when.astimezone(roster.timezone):%Y-%m-%d %H:%M}" for when in (wait.closes, wait.opens)
        )
        team = f"the team '{step.to.team}'"
        message = f"nobody whom '{rule.name}' can choose in {team} works from {closes} to {opens}"
        away = [rep for rep in reps if rep in absences(roster, now)]
        hint = f"Leads wait that long; their SLA is {_hours(sla)}. Look at the time off of {few_of(away)}."
        shut = _holidays(roster, reps, wait)
        if shut:
            are = "are public holidays" if len(shut) > 1 else "is a public holiday"
            hint += f" {few_of([day.isoformat() for day in shut])} {are}."
        yield Finding(rule.line, own_name(rule), Severity.WARNING, message, hint)


def _longest_wait(roster: Roster, reps: Sequence[str], *, now: datetime) -> Wait | None:
    """The longest coming closing of these reps, if a day longer than any of a usual week; or None."""
    away = absences(roster, now)
    some_away = {day for rep in reps for day in away.get(rep, ())}
    if not some_away:
        return None
    written = {rep: calendar_of(roster, rep) for rep in reps}
    by_hours = {rep: replace(one, time_off=(), holidays=None) for rep, one in written.items()}
    without_time_off = {rep: replace(one, time_off=()) for rep, one in written.items()}
    usual = _waits(roster, by_hours, coming_days(roster, now)[:_WEEK_DAYS])
    near = sorted({day - number * _DAY for day in some_away for number in _BEFORE})
    of_itself = {wait.closes: wait.span for wait in _waits(roster, without_time_off, near)}
    coming = (
        wait for wait in _waits(roster, written, near) if wait.span > of_itself.get(wait.closes, wait.span)
    )
    together = frozenset[date].intersection(*(away.get(rep, frozenset()) for rep in reps))
    # Days on which all of them are away are reported by the proofs about pools.
    coming = (wait for wait in coming if not any(_falls_in(wait, day, roster) for day in together))
    longest = max(coming, key=lambda wait: wait.span, default=None)
    longest_usual = max((wait.span for wait in usual), default=timedelta(0))
    if longest is None or longest.span <= max(longest_usual + _DAY, _LONG_WEEKEND):
        return None
    return longest


def _waits(roster: Roster, calendars: Mapping[str, Calendar], days: Sequence[date]) -> Iterator[Wait]:
    """The waits after the closing hours of these days, by the calendars of the reps."""
    weeks = [calendar.hours for calendar in calendars.values()]
    for day in days:
        closings = {closes for week in weeks if week for _, closes in week.week[day.weekday()]}
        for closes in sorted(closings):
            closing = datetime.combine(day, closes, roster.timezone).astimezone(UTC)
            openings = [calendar.next_working_minute(closing) for calendar in calendars.values()]
            known = [opening for opening in openings if opening is not None]
            if known:
                yield Wait(closing, min(known))


def _holidays(roster: Roster, reps: Sequence[str], wait: Wait) -> list[date]:
    """The public holidays of any of these reps from the closing's day to the opening's."""
    first, last = (moment.astimezone(roster.timezone).date() for moment in (wait.closes, wait.opens))
    codes = {code for rep in reps if (code := roster.reps[rep].public_holidays) is not None}
    days = [first + number * _DAY for number in range((last - first).days + 1)]
    return [day for day in days if any(holiday_on(code, day) is not None for code in codes)]


def _falls_in(wait: Wait, day: date, roster: Roster) -> bool:
    first, last = (moment.astimezone(roster.timezone).date() for moment in (wait.closes, wait.opens))
    return first <= day <= last


def _hours(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}min"
