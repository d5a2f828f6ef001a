"""Say that a rep is away, or is there whatever else is written: until when, and how they stand then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from router.policy.rules.policy import Policy
from router.routing.portal.availability import RepAvailability, standings
from router.routing.portal.services import Services
from router.store.shared.availability import Override


class NoSuchMoment(Exception):
    """What was written as an end is none, or is over; the message says what to write."""


def say_away(services: Services, rep: str, *, until: datetime, why: str = "") -> RepAvailability:
    """The rep gets no leads until that moment (aware); it holds from the next lead on and ends by itself.

    It goes before whatever HubSpot and team.yaml say. Leads that the rep has already stay theirs. The rep
    must be one of team.yaml. Raises `NoRules` or `redis.RedisError`.
    """
    override = Override("away", until=until, said_at=services.clock(), why=why)
    services.people.availability.repository.override(rep, override)
    return standing_of(services, rep)


def say_back(
    services: Services, rep: str, *, until: datetime | None = None, why: str = ""
) -> RepAvailability:
    """The rep's override ends; with `until` (aware) they count as there until then, in their working hours.

    Raises like `say_away`.
    """
    if until is None:
        services.people.availability.repository.lift(rep, at=services.clock())
    else:
        override = Override("present", until=until, said_at=services.clock(), why=why)
        services.people.availability.repository.override(rep, override)
    return standing_of(services, rep)


def standing_of(services: Services, rep: str) -> RepAvailability:
    """How a rep of team.yaml stands at this moment."""
    policy = services.rules.policy()
    return next(one for one in standings_now(services, policy, language="en") if one.rep == rep)


def standings_now(services: Services, policy: Policy, *, language: str) -> tuple[RepAvailability, ...]:
    """How every rep stands at this moment."""
    owners, now = services.people.owners.by_email(), services.clock()
    return standings(
        policy.roster,
        owners,
        services.people.availability.reported(policy.roster, owners, now=now),
        overrides=services.people.availability.repository.heard().overrides,
        now=now,
        language=language,
    )


def end_written(text: str, zone: ZoneInfo, *, now: datetime) -> datetime:
    """The moment that ends the day (2026-12-01, that day included), or the very moment, as written.

    A moment without an offset is in the zone. Raises `NoSuchMoment` for what is neither, or is over.
    """
    try:
        if len(text) == len("2026-12-01"):
            day = date.fromisoformat(text) + timedelta(days=1)
            moment = datetime(day.year, day.month, day.day, tzinfo=zone)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, OverflowError) as error:
        sentence = f"'{text}' is no day. Write 2026-12-01 (that day included), or 2026-12-01T14:00."
        raise NoSuchMoment(sentence) from error
    if moment <= now:
        raise NoSuchMoment(f"{text} is over. Write a day to come.")
    return moment.astimezone(now.tzinfo)


def as_facts(standings: Iterable[RepAvailability]) -> list[dict[str, object]]:
    """Reps for machines."""
    return [
        {
            "rep": one.rep,
            "away": one.why is not None,
            "why": one.why,
            "works_at": one.works_at.isoformat() if one.works_at else None,
            "override": None
            if one.override is None
            else {
                "kind": one.override.kind,
                "until": one.override.until.isoformat(),
                "why": one.override.why,
            },
        }
        for one in standings
    ]
