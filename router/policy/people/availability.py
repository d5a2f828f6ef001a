"""Who is away, by whose word: an override, HubSpot, `team.yaml` or the public holidays, strongest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from router.policy.people.calendar import Calendar, Span, off_on, time_off_of
from router.policy.people.roster import Hours, Roster, TimeOff
from router.policy.wording.phrases import day_in_words, moment_in_words, say

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
OVERRIDE = "override"
"""The kind of the ledger's lines about what people said of a rep."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What was said of a rep outside of the rule files. Moments are aware UTC.

    `away_until` and `present_until` are overrides, of which a rep has one at most; the rest is HubSpot's
    word. `hours` replace those of `team.yaml` and are read in `timezone` (None: the roster's).
    """

    away_until: datetime | None = None
    present_until: datetime | None = None
    away_in_hubspot: bool = False
    out_of_office: tuple[Span, ...] = ()
    hours: Hours | None = None
    timezone: ZoneInfo | None = None


NOTHING = Reported()


def calendar_of(roster: Roster, rep: str | None, reported: Reported | None = None) -> Calendar:
    """When the rep works, as far as anybody knows; an owner who is no rep of ours (None) always does.

    Being away in HubSpot has no end and is not in it: `why_away` tells.
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
    """Whether somebody said that the rep is there now, whatever else is written."""
    return reported is not None and reported.present_until is not None and now < reported.present_until


def is_gone(reported: Reported | None, now: datetime) -> bool:
    """Whether HubSpot has the rep as away, which has no end that anybody knows."""
    return reported is not None and reported.away_in_hubspot and not is_present(reported, now)


def why_away(calendar: Calendar, reported: Reported | None, *, now: datetime, language: str) -> str | None:
    """Why the rep is away at `now`, by the strongest word, or None; hours and holidays are not asked."""
    if reported is not None:
        if reported.away_until is not None and now < reported.away_until:
            return say(language, "away", end=_end_in_words(reported.away_until, calendar.timezone, language))
        if is_present(reported, now):
            return None
        ends = [end for start, end in _joined(reported.out_of_office) if start <= now < end]
        if ends:
            return say(language, "out_of_office", end=_end_in_words(ends[0], calendar.timezone, language))
        if reported.away_in_hubspot:
            return say(language, "away_in_hubspot")
    off = time_off_at(calendar, now)
    return None if off is None else say(language, "on_leave", day=day_in_words(off.end, language))


def time_off_at(calendar: Calendar, now: datetime) -> TimeOff | None:
    """The time off of `team.yaml` that covers `now`, unless somebody said that the rep is there."""
    if not calendar.time_off or (calendar.present_until is not None and now < calendar.present_until):
        return None
    return off_on(calendar.time_off, calendar.day_of(now))


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order, those that touch or overlap made one; what ends before it starts is left out."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)


def _end_in_words(end: datetime, timezone: ZoneInfo, language: str) -> str:
    """The last day of somebody who is back at midnight, else the moment."""
    local = end.astimezone(timezone)
    if local.time() == time(0):
        return day_in_words(local.date() - timedelta(days=1), language)
    return moment_in_words(local, language)
