"""The leads that a nightly run moves, with reasons, and the brake on too many moves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct

from router.policy.people.availability import Reported, calendar_of, is_gone, why_away
from router.policy.people.roster import Roster
from router.policy.rules.night_settings import BrakeLimits, NightSettings

FEW: Final = 10
"""Number of moves that the share limit never holds: in a small team one departure is a large share."""


class Reason(StrEnum):
    """The reason why a lead moves; of several reasons the first in this order counts."""

    GONE = "gone"
    AWAY = "away"
    OVERDUE = "overdue"
    QUEUED = "queued"


class LeadSnapshot(Struct, frozen=True):
    """An open lead at the time of the nightly run. Moments are aware UTC; an empty `owner_id` means no owner.

    `started`: work has begun since the owner got the lead. `due_at`: its due time. `queued_since`: the time
    since when it waits in a queue.
    """

    owner_id: str
    started: bool = False
    due_at: datetime | None = None
    queued_since: datetime | None = None


class Why(Struct, frozen=True):
    """The reason, and its moment (aware UTC): back at work, due, or queued since; None means unknown."""

    reason: Reason
    moment: datetime | None = None


def why_moved(
    lead: LeadSnapshot,
    night: NightSettings,
    *,
    gone: Collection[str],
    away: Mapping[str, datetime | None],
    now: datetime,
) -> Why | None:
    """The reason why the nightly run moves the lead, or None if it stays.

    `gone`: owner ids of deactivated people. `away`: owner ids of people who are away for long, with the
    time of their return (None: unknown). An absent owner keeps the leads that they have begun, because they
    know those leads.
    """
    if not lead.owner_id:
        return _queued_too_long(lead, night, now=now)
    if night.when_gone and lead.owner_id in gone:
        return Why(Reason.GONE)
    if lead.started:
        return None
    if lead.owner_id in away:
        return Why(Reason.AWAY, away[lead.owner_id])
    if night.when_overdue is not None and lead.due_at is not None and now - lead.due_at >= night.when_overdue:
        return Why(Reason.OVERDUE, lead.due_at)
    return None


def _queued_too_long(lead: LeadSnapshot, night: NightSettings, *, now: datetime) -> Why | None:
    since = lead.queued_since
    if night.when_queued is None or since is None or now - since < night.when_queued:
        return None
    return Why(Reason.QUEUED, since)


class Absent(Struct, frozen=True):
    """An absent rep; `back_at` is the rep's next working moment (aware UTC), None for an unknown end."""

    rep: str
    back_at: datetime | None


def absent(roster: Roster, reported: Mapping[str, Reported], *, now: datetime) -> tuple[Absent, ...]:
    """The reps who are away at `now` by override, HubSpot or team.yaml; closed hours are no absence."""
    found = []
    for rep in roster.reps:
        report = reported.get(rep)
        calendar = calendar_of(roster, rep, report)
        if why_away(calendar, report, now=now, language="en") is not None:
            back_at = None if is_gone(report, now) else calendar.next_working_minute(now)
            found.append(Absent(rep, back_at))
    return tuple(found)


def is_long(absence: Absent, span: timedelta, *, since: datetime, now: datetime) -> bool:
    """Whether the absence lasts `span` from `now` on; without a known end, `span` since `since`."""
    end = absence.back_at
    return now - since >= span if end is None else end - now >= span


class Held(Struct, frozen=True):
    """The brake holds: `moves` exceed `limit`, a number of leads set by count or by share of `open_leads`."""

    by: Literal["count", "share"]
    moves: int
    limit: int
    open_leads: int


def held_back(moves: int, *, open_leads: int, limits: BrakeLimits) -> Held | None:
    """The brake if so many moves need a person's approval, else None; the share limit allows ten at least."""
    if moves > limits.count:
        return Held("count", moves, limits.count, open_leads)
    most = max(FEW, int(limits.share * Decimal(open_leads)))
    return Held("share", moves, most, open_leads) if moves > most else None
