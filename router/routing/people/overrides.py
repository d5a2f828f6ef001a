"""Overrides of a rep's availability (away, or present) with their end, and the result for the rep."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from router.clock import Clock
from router.policy.people.availability import MOST_AHEAD
from router.policy.rules.policy import Policy
from router.routing.portal.availability import RepAvailability, standings
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.people import People
from router.security.visible import has_unseen
from router.store.shared.availability import Override

LONGEST_REASON: Final = 500
"""Characters of a reason that a person gives."""


class ReasonUnclear(Exception):
    """A written reason cannot be kept; the message says why."""


class NoSuchMoment(Exception):
    """A written end is no date or moment, is in the past or too far ahead; the message says what to write."""


_TOO_FAR: Final = "{text} is more than two years from now. Write an earlier day."


def reason_of(written: str) -> str:
    """The reason as it is kept, without blanks around it.

    Raises `ReasonUnclear` for line ends, control and invisible characters, and beyond 500 characters: it is
    shown to colleagues on terminals, in HubSpot and in chats.
    """
    reason = written.strip()
    if has_unseen(reason):
        raise ReasonUnclear(
            "The reason has a line end or a character that cannot be seen. Write one line of visible text."
        )
    if len(reason) > LONGEST_REASON:
        raise ReasonUnclear(f"The reason has {len(reason)} characters, and {LONGEST_REASON} is the most.")
    return reason


def say_away(
    rep: str, *, rules: LiveRules, people: People, clock: Clock, until: datetime, why: str = ""
) -> RepAvailability:
    """Set the rep away until that moment (aware); it applies from the next lead on and ends by itself.

    It overrules HubSpot and team.yaml. Leads that the rep already has stay with the rep. The rep must be one
    of team.yaml. Raises `ReasonUnclear`, `NoRules` or `redis.RedisError`.
    """
    override = Override("away", until=until, said_at=clock(), why=reason_of(why))
    people.availability.repository.override(rep, override)
    return standing_of(rep, rules=rules, people=people, clock=clock)


def say_back(
    rep: str, *, rules: LiveRules, people: People, clock: Clock, until: datetime | None = None, why: str = ""
) -> RepAvailability:
    """End the rep's override; with `until` (aware) the rep counts as present until then, in working hours.

    Raises like `say_away`.
    """
    if until is None:
        people.availability.repository.lift(rep, at=clock())
    else:
        override = Override("present", until=until, said_at=clock(), why=reason_of(why))
        people.availability.repository.override(rep, override)
    return standing_of(rep, rules=rules, people=people, clock=clock)


def standing_of(rep: str, *, rules: LiveRules, people: People, clock: Clock) -> RepAvailability:
    """The present availability of a rep of team.yaml."""
    policy = rules.policy()
    return next(
        one for one in standings_now(policy, language="en", people=people, clock=clock) if one.rep == rep
    )


def standings_now(
    policy: Policy, *, people: People, clock: Clock, language: str
) -> tuple[RepAvailability, ...]:
    """The present availability of every rep."""
    owners, now = people.owners.by_email(), clock()
    return standings(
        policy.roster,
        owners,
        people.availability.reported(policy.roster, owners, now=now),
        overrides=people.availability.repository.reported().overrides,
        now=now,
        language=language,
    )


def end_written(text: str, zone: ZoneInfo, *, now: datetime) -> datetime:
    """The end of the written day (2026-12-01, that day included), or the written moment, in UTC.

    A moment without an offset is in the zone. Raises `NoSuchMoment` for any other text, for the past, and for
    an end more than two years ahead.
    """
    try:
        if len(text) == len("2026-12-01"):
            day = date.fromisoformat(text) + timedelta(days=1)
            moment = datetime(day.year, day.month, day.day, tzinfo=zone)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError as error:
        sentence = f"'{text}' is no day. Write 2026-12-01 (that day included), or 2026-12-01T14:00."
        raise NoSuchMoment(sentence) from error
    except OverflowError as error:
        raise NoSuchMoment(_TOO_FAR.format(text=text)) from error
    if moment <= now:
        raise NoSuchMoment(f"{text} is over. Write a day to come.")
    if moment - now > MOST_AHEAD:
        raise NoSuchMoment(_TOO_FAR.format(text=text))
    return moment.astimezone(UTC)


def as_facts(standings: Iterable[RepAvailability]) -> list[dict[str, object]]:
    """The reps' availability as JSON-ready values."""
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
