"""The availability of reps by source: override, HubSpot, `team.yaml`, public holidays, strongest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from router.policy.people.calendar import Calendar, Span, off_on, time_off_of
from router.policy.people.roster import Hours, Roster, TimeOff
from router.policy.wording.phrases import day_in_words, moment_in_words, say

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
MOST_AHEAD: Final = timedelta(days=2 * 366)
"""Largest distance of an override's end: two years, as far ahead as calendars look."""
OVERRIDE = "override"
"""The kind of the ledger's lines about overrides of a rep's availability."""


class Reported(Struct, frozen=True):
    """A rep's availability as reported by overrides and HubSpot. Moments are aware UTC.

    `away_until` and `present_until` are overrides; a rep has at most one of them. All other fields come
    from HubSpot. `hours` replace the hours of `team.yaml` and are in `timezone` (None: the roster's).
    """

    away_until: datetime | None = None
    present_until: datetime | None = None
    away_in_hubspot: bool = False
    out_of_office: tuple[Span, ...] = ()
    hours: Hours | None = None
    timezone: ZoneInfo | None = None
    unreadable: str = ""
    """What cannot be read, such as a property of HubSpot ("" for nothing): meanwhile the rep is away."""


NOTHING = Reported()


def calendar_of(roster: Roster, rep: str | None, reported: Reported | None = None) -> Calendar:
    """The rep's calendar, with reported absences; an owner who is not in `team.yaml` (None) always works.

    The status "away" in HubSpot has no known end and is not part of the calendar: see `why_away`.
    Raises KeyError when the roster does not have the rep.
    """
    if rep is None:
        return Calendar(None, roster.timezone)
    line = roster.reps[rep]
    reported = reported or NOTHING
    spans = list(reported.out_of_office)
    if reported.away_until is not None:
        spans.append((LONG_AGO, reported.away_until))
    return Calendar(
        hours=reported.hours or line.hours,
        timezone=(reported.timezone or roster.timezone) if reported.hours else roster.timezone,
        time_off=time_off_of(roster, rep),
        holidays=line.public_holidays,
        away=_joined(spans),
        present_until=reported.present_until,
    )


def is_present(reported: Reported | None, now: datetime) -> bool:
    """Whether an override declares the rep present at `now`; it overrides every other source."""
    return reported is not None and reported.present_until is not None and now < reported.present_until


def is_gone(reported: Reported | None, now: datetime) -> bool:
    """Whether the rep is away without a known end, and no override declares presence.

    That is so where HubSpot says "away", and where the rep's availability cannot be read.
    """
    if reported is None or is_present(reported, now):
        return False
    return reported.away_in_hubspot or bool(reported.unreadable)


def why_away(calendar: Calendar, reported: Reported | None, *, now: datetime, language: str) -> str | None:
    """The reason why the rep is away at `now`, by the strongest source, or None.

    Working hours and public holidays are not checked. The reason is in `language` (`fr` or `en`).
    """
    if reported is not None:
        if reported.away_until is not None and now < reported.away_until:
            return _until("away", reported.away_until, calendar.timezone, now=now, language=language)
        if is_present(reported, now):
            return None
        ends = [end for start, end in _joined(reported.out_of_office) if start <= now < end]
        if ends:
            return _until("out_of_office", ends[0], calendar.timezone, now=now, language=language)
        if reported.away_in_hubspot:
            return say(language, "away_in_hubspot")
        if reported.unreadable:
            return say(language, "unreadable", what=reported.unreadable)
    off = time_off_at(calendar, now)
    return None if off is None else say(language, "on_leave", day=day_in_words(off.end, language))


def time_off_at(calendar: Calendar, now: datetime) -> TimeOff | None:
    """The time off of `team.yaml` that covers `now`; None if an override declares the rep present."""
    if not calendar.time_off or (calendar.present_until is not None and now < calendar.present_until):
        return None
    return off_on(calendar.time_off, calendar.day_of(now))


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order, merged where they touch or overlap; spans without a length are dropped."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)


def _until(phrase: str, end: datetime, timezone: ZoneInfo, *, now: datetime, language: str) -> str:
    """The absence in words with its end: the last day if it ends at midnight, else the moment."""
    if end - now > MOST_AHEAD:  # such an end has no year in words, and the last years no local time
        return say(language, f"{phrase}_for_years")
    local = end.astimezone(timezone)
    if local.time() == time(0):
        return say(language, phrase, end=day_in_words(local.date() - timedelta(days=1), language))
    return say(language, phrase, end=moment_in_words(local, language))
