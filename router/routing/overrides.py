"""Say that a rep is away, or is there whatever else is written: until when, and how they stand then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from router.policy.rules import Policy
from router.routing.availability import Standing, standings
from router.routing.desk import Desk
from router.store.availability import Override


class NoSuchMoment(Exception):
    """What was written as an end is none, or is over; the message says what to write."""


def say_away(desk: Desk, rep: str, *, until: datetime, why: str = "") -> Standing:
    """The rep gets no leads until that moment (aware); it holds from the next lead on and ends by itself.

    It goes before whatever HubSpot and team.yaml say. Leads that the rep has already stay theirs. The rep
    must be one of team.yaml. Raises `NoRules` or `redis.RedisError`.
    """
    override = Override("away", until=until, said_at=desk.clock(), why=why)
    desk.availability.shelf.override(rep, override)
    return standing_of(desk, rep)


def say_back(desk: Desk, rep: str, *, until: datetime | None = None, why: str = "") -> Standing:
    """The rep's override ends; with `until` (aware) they count as there until then, in their working hours.

    Raises like `say_away`.
    """
    if until is None:
        desk.availability.shelf.lift(rep, at=desk.clock())
    else:
        override = Override("present", until=until, said_at=desk.clock(), why=why)
        desk.availability.shelf.override(rep, override)
    return standing_of(desk, rep)


def standing_of(desk: Desk, rep: str) -> Standing:
    """How a rep of team.yaml stands at this moment."""
    policy, _needed = desk.rules.required()
    return next(one for one in standings_now(desk, policy, language="en") if one.rep == rep)


def standings_now(desk: Desk, policy: Policy, *, language: str) -> tuple[Standing, ...]:
    """How every rep stands at this moment."""
    owners, now = desk.owners.by_email(), desk.clock()
    return standings(
        policy.roster,
        owners,
        desk.availability.said(policy.roster, owners, now=now),
        overrides=desk.availability.shelf.heard().overrides,
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
        said = f"'{text}' is no day. Write 2026-12-01 (that day included), or 2026-12-01T14:00."
        raise NoSuchMoment(said) from error
    if moment <= now:
        raise NoSuchMoment(f"{text} is over. Write a day to come.")
    return moment.astimezone(now.tzinfo)


def as_facts(standings: Iterable[Standing]) -> list[dict[str, object]]:
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
