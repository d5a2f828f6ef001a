"""Has somebody worked on the lead since it was given to its rep, and when?

HubSpot's `hs_last_sales_activity_timestamp` is no sign: it tells what the contact did, not the rep.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

Activity: TypeAlias = Literal["call", "email", "meeting", "note"]
"""What a rep logs on a contact. HubSpot's contacts do not tell calls, e-mails and meetings apart."""

CONTACTED: Final[frozenset[Activity]] = frozenset({"call", "email", "meeting"})
ANY_ACTIVITY: Final[frozenset[Activity]] = CONTACTED | {"note"}

_CLOCKS_DIFFER: Final = timedelta(minutes=2)

Sign: TypeAlias = Literal["contacted", "noted", "status moved", "worked"]
"""By what we know it: a date of contact, a date of any activity, a status that moved, HubSpot's own word."""


@dataclass(frozen=True, slots=True)
class StatusMove:
    """The lead status changed at that moment (aware UTC), by a person or by a program."""

    at: datetime
    by_person: bool


@dataclass(frozen=True, slots=True)
class Signs:
    """What a contact shows of the work on it. Moments are aware UTC; None: it shows nothing.

    `last_contacted` is HubSpot's `notes_last_contacted` (call, e-mail, meeting, message), `last_updated`
    its `notes_last_updated` (the same, and notes and tasks), `is_unworked` its `hs_is_unworked`.
    """

    last_contacted: datetime | None = None
    last_updated: datetime | None = None
    is_unworked: bool | None = None
    status_moves: tuple[StatusMove, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """The work began at this moment at the latest; None: it began, and nothing says when."""

    at: datetime | None
    by: Sign


def started(
    signs: Signs, *, assigned_at: datetime, started_when: frozenset[Activity] = ANY_ACTIVITY
) -> Started | None:
    """The first sign of work at or after `assigned_at` (aware UTC), or None if there is none.

    A status that a person moved always counts, one that a program moved never; of the activities those
    of `started_when` do. HubSpot keeps the date of the last activity only, so the first may be earlier.
    """
    dated = [sign for sign in _dated(signs, started_when) if sign[0] >= assigned_at]
    if dated:
        at, by = min(dated)
        return Started(at, by)
    if signs.is_unworked is False and "note" in started_when and signs.last_updated is None:
        # Its date would be the surer sign: HubSpot's flag speaks of the owner's date, not of ours.
        return Started(None, "worked")
    return None


def without_ours(signs: Signs, tasks: Collection[datetime]) -> Signs:
    """The signs without the dates that HubSpot took from tasks of ours, made or due at these moments.

    A task dates its contact as a note does; a reminder would else pass for the work it asks for.
    """
    if not tasks:
        return signs
    last = signs.last_updated
    of_ours = last is not None and is_of_ours(last, tasks)
    return replace(signs, last_updated=None if of_ours else last, is_unworked=None)


def is_of_ours(moment: datetime, tasks: Collection[datetime]) -> bool:
    """Whether the date of a last activity is that of one of these tasks, give or take two minutes."""
    return any(abs(moment - at) <= _CLOCKS_DIFFER for at in tasks)


def _dated(signs: Signs, started_when: frozenset[Activity]) -> Iterator[tuple[datetime, Sign]]:
    if signs.last_contacted is not None and started_when & CONTACTED:
        yield signs.last_contacted, "contacted"
    if signs.last_updated is not None and "note" in started_when:
        yield signs.last_updated, "noted"
    yield from ((move.at, "status moved") for move in signs.status_moves if move.by_person)
