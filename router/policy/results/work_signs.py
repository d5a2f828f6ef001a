"""Signs of work on a lead since it was given to its rep, and the time when work started.

HubSpot's `hs_last_sales_activity_timestamp` is no sign: it dates activities of the contact, not of the rep.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

Activity: TypeAlias = Literal["call", "email", "meeting", "note"]
"""An activity that a rep logs. On contacts HubSpot does not separate calls, e-mails and meetings."""

CONTACTED: Final[frozenset[Activity]] = frozenset({"call", "email", "meeting"})
ANY_ACTIVITY: Final[frozenset[Activity]] = CONTACTED | {"note"}

_CLOCKS_DIFFER: Final = timedelta(minutes=2)

Sign: TypeAlias = Literal["contacted", "noted", "status moved", "worked"]
"""The evidence of work: a date of contact, a date of any activity, a changed status, or HubSpot's flag."""


class StatusMove(Struct, frozen=True):
    """The lead status changed at that moment (aware UTC), by a person or by a program."""

    at: datetime
    by_person: bool


class Signs(Struct, frozen=True):
    """The signs of work on a contact. Moments are aware UTC; None means that HubSpot has no value.

    `last_contacted` is HubSpot's `notes_last_contacted` (call, e-mail, meeting, message), `last_updated`
    its `notes_last_updated` (the same, and notes and tasks), `is_unworked` its `hs_is_unworked`.
    """

    last_contacted: datetime | None = None
    last_updated: datetime | None = None
    is_unworked: bool | None = None
    status_moves: tuple[StatusMove, ...] = ()


class Started(Struct, frozen=True):
    """Work has started, at the latest at `at` (aware UTC); None: it has started at an unknown time."""

    at: datetime | None
    by: Sign


def started(
    signs: Signs, *, assigned_at: datetime, started_when: frozenset[Activity] = ANY_ACTIVITY
) -> Started | None:
    """The first sign of work at or after `assigned_at` (aware UTC), or None if there is none.

    A status change by a person always counts, one by a program never; of the activities, those in
    `started_when` count. HubSpot keeps only the date of the last activity, so the first may be earlier.
    """
    dated = [sign for sign in _dated(signs, started_when) if sign[0] >= assigned_at]
    if dated:
        at, by = min(dated)
        return Started(at, by)
    if signs.is_unworked is False and "note" in started_when and signs.last_updated is None:
        # A date would be the surer sign: HubSpot's flag counts from its own owner date, not `assigned_at`.
        return Started(None, "worked")
    return None


def without_ours(signs: Signs, tasks: Collection[datetime]) -> Signs:
    """The signs without dates that come from Lead Router's own tasks, made or due at these moments.

    A task dates its contact just as a note does; without this a reminder would count as the work it asks for.
    """
    if not tasks:
        return signs
    last = signs.last_updated
    of_ours = last is not None and is_of_ours(last, tasks)
    return replace(signs, last_updated=None if of_ours else last, is_unworked=None)


def is_of_ours(moment: datetime, tasks: Collection[datetime]) -> bool:
    """Whether the date of a last activity is at most two minutes from one of these tasks."""
    return any(abs(moment - at) <= _CLOCKS_DIFFER for at in tasks)


def _dated(signs: Signs, started_when: frozenset[Activity]) -> Iterator[tuple[datetime, Sign]]:
    if signs.last_contacted is not None and started_when & CONTACTED:
        yield signs.last_contacted, "contacted"
    if signs.last_updated is not None and "note" in started_when:
        yield signs.last_updated, "noted"
    yield from ((move.at, "status moved") for move in signs.status_moves if move.by_person)
