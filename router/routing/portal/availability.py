"""The availability of reps for a decision: overrides and HubSpot's values merged, by rep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from router.policy.leads.catalog import Owner
from router.policy.people.availability import (
    NOTHING,
    OVERRIDE,
    Reported,
    calendar_of,
    is_gone,
    is_present,
    why_away,
)
from router.policy.people.public_holidays import holiday_on
from router.policy.people.roster import Roster
from router.policy.wording.phrases import say
from router.store.shared.availability import AvailabilityRepository, Override, ReportedAvailability

BELIEVED: Final = timedelta(days=1)
"""HubSpot's values count for this long after they were read, so that an ended absence holds no lead."""


class _Known(Struct, frozen=True):
    """The last merged result and its sources, which are compared by identity."""

    stored: ReportedAvailability
    owners: Mapping[str, Owner]
    roster: Roster
    believed: bool
    reported: Mapping[str, Reported]


class Availability:
    """The availability of reps from outside the rule files; safe to share between threads."""

    def __init__(self, repository: AvailabilityRepository) -> None:
        self.repository = repository
        self._known: _Known | None = None

    def reported(
        self, roster: Roster, owners: Mapping[str, Owner], *, now: datetime
    ) -> Mapping[str, Reported]:
        """Availability by rep, overrides of this second included; reps without any are left out.

        Raises `redis.RedisError`.
        """
        stored = self.repository.reported()
        believed = stored.at is not None and now - stored.at <= BELIEVED
        known = self._known
        if (
            known is None
            or known.stored is not stored
            or known.owners is not owners
            or known.roster is not roster
            or known.believed is not believed
        ):
            reported = _by_rep(stored, owners, roster, believed=believed)
            known = self._known = _Known(stored, owners, roster, believed, reported)
        return known.reported


def _by_rep(
    stored: ReportedAvailability, owners: Mapping[str, Owner], roster: Roster, *, believed: bool
) -> Mapping[str, Reported]:
    reported: dict[str, Reported] = {}
    for rep in roster.reps.values():
        owner = owners.get(rep.owner.lower())
        of_rep = stored.hubspot.get(owner.id, NOTHING) if believed and owner else NOTHING
        override = stored.overrides.get(rep.name)
        if override is not None:
            of_rep = _with(of_rep, override)
        elif rep.name in stored.unreadable:
            of_rep = replace(of_rep, unreadable=OVERRIDE)
        if of_rep != NOTHING:
            reported[rep.name] = of_rep
    return reported


def _with(of_rep: Reported, override: Override) -> Reported:
    if override.kind == "away":
        return replace(of_rep, away_until=override.until)
    return replace(of_rep, present_until=override.until)


class RepAvailability(Struct, frozen=True):
    """One rep's availability: `why` no leads come (None: they do), and when work begins (None: never)."""

    rep: str
    why: str | None
    works_at: datetime | None
    override: Override | None


def standings(
    roster: Roster,
    owners: Mapping[str, Owner],
    reported: Mapping[str, Reported],
    *,
    overrides: Mapping[str, Override],
    now: datetime,
    language: str,
) -> tuple[RepAvailability, ...]:
    """The availability of every rep of the roster at `now`, in the order of the file."""
    found = []
    for rep in roster.reps.values():
        owner, of_rep = owners.get(rep.owner.lower()), reported.get(rep.name)
        calendar = calendar_of(roster, rep.name, of_rep)
        why = say(language, "no_owner") if owner is None or owner.archived else None
        why = why or why_away(calendar, of_rep, now=now, language=language)
        works_at = None if is_gone(of_rep, now) else calendar.next_working_minute(now)
        if why is None and works_at != now and calendar.holidays and not is_present(of_rep, now):
            name = holiday_on(calendar.holidays, calendar.day_of(now), language)
            why = say(language, "public_holiday", name=name) if name else None
        override = overrides.get(rep.name)
        found.append(
            RepAvailability(rep.name, why, works_at, override if override and override.until > now else None)
        )
    return tuple(found)
