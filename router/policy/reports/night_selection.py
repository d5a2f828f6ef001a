"""Which leads would the night move, why, and are they too many to be moved unasked?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from router.policy.people.availability import Reported, calendar_of, is_gone, why_away
from router.policy.people.roster import Roster
from router.policy.rules.night_settings import BrakeLimits, NightSettings

FEW: Final = 10
"""So many moves are never held back by a share: in a small team one departure is a large share."""


class Reason(StrEnum):
    """Why a lead would move; of several the first counts."""

    GONE = "gone"
    AWAY = "away"
    OVERDUE = "overdue"
    QUEUED = "queued"


@dataclass(frozen=True, slots=True)
class LeadSnapshot:
    """An open lead as the night finds it. Moments are aware UTC; an empty `owner_id` means nobody's.

    `started` says whether somebody worked on it since its owner has it, `due_at` by when they should have,
    `queued_since` how long it waits in a queue.
    """

    owner_id: str
    started: bool = False
    due_at: datetime | None = None
    queued_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """The reason, and the moment that goes with it: back at work, due or queued since; None: nobody knows."""

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
    """Why the night moves the lead, or None if it stays.

    `gone` are the owner ids of deactivated people, `away` those of people who are away for long, with when
    they are back. Whoever is away keeps the leads that they have begun: these people know them.
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


@dataclass(frozen=True, slots=True)
class Absent:
    """A rep is away; `back_at` is their next working moment, None where nobody knows an end."""

    rep: str
    back_at: datetime | None


def absent(roster: Roster, reported: Mapping[str, Reported], *, now: datetime) -> tuple[Absent, ...]:
    """Everybody who is away at `now` by an override, HubSpot or team.yaml; free days and nights are not."""
    found = []
    for rep in roster.reps:
        heard = reported.get(rep)
        calendar = calendar_of(roster, rep, heard)
        if why_away(calendar, heard, now=now, language="en") is not None:
            back_at = None if is_gone(heard, now) else calendar.next_working_minute(now)
            found.append(Absent(rep, back_at))
    return tuple(found)


def is_long(absence: Absent, span: timedelta, *, since: datetime, now: datetime) -> bool:
    """Whether they stay away for `span` from now on; without a known end, whether they have since `since`."""
    end = absence.back_at
    return now - since >= span if end is None else end - now >= span


@dataclass(frozen=True, slots=True)
class Held:
    """The brake holds: `moves` are more than `limit`, which is a number, or a share of `open_leads`."""

    by: Literal["count", "share"]
    moves: int
    limit: int
    open_leads: int


def held_back(moves: int, *, open_leads: int, limits: BrakeLimits) -> Held | None:
    """Whether so many moves need somebody's approval; up to ten never do because of a share."""
    if moves > limits.count:
        return Held("count", moves, limits.count, open_leads)
    most = max(FEW, int(limits.share * Decimal(open_leads)))
    return Held("share", moves, most, open_leads) if moves > most else None
