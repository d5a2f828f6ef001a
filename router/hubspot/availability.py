"""The availability of HubSpot's users, in the types of the policy.

Values are often empty and at times malformed. Absences that cannot be read let the rep count as away, because
nobody knows when they end; hours that cannot be read count as missing, because `team.yaml` has others. Either
way the property is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from router.hubspot.api.records import PortalOwner, Record
from router.hubspot.properties import (
    OUT_OF_OFFICE,
    TIME_ZONE,
    USER_EMAIL,
    USER_ID,
    USER_STATUS,
    WORKING_HOURS,
)
from router.policy.people.availability import NOTHING, Reported
from router.policy.people.calendar import Span
from router.policy.people.roster import Hours

_WEEKDAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_DAYS: Final[Mapping[str, tuple[int, ...]]] = {
    "EVERY_DAY": tuple(range(7)),
    "MONDAY_TO_FRIDAY": tuple(range(5)),
    "SATURDAY_SUNDAY": (5, 6),
    **{name: (day,) for day, name in enumerate(_WEEKDAYS)},
}
_DAY_MINUTES: Final = 24 * 60
Entry = TypeVar("Entry")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Unread(Struct, frozen=True):
    """A property of a user that cannot be read; the value itself may be personal and is not kept."""

    owner_id: str
    property: str


def reported_by_owner(
    owners: Iterable[PortalOwner], users: Iterable[Record]
) -> tuple[dict[str, Reported], tuple[Unread, ...]]:
    """Availability by owner id, and the unreadable properties; owners without any are left out.

    A user belongs to the owner whose `userId` is the user's `hs_internal_user_id`, or else to the owner with
    the same e-mail address.
    """
    owners = [owner for owner in owners if not owner.archived]
    by_user = {owner.user_id: owner.id for owner in owners if owner.user_id}
    by_email = {owner.email.lower(): owner.id for owner in owners if owner.email}
    reported: dict[str, Reported] = {}
    unread: list[Unread] = []
    for user in users:
        properties = user.properties
        owner_id = by_user.get(properties.get(USER_ID) or "") or by_email.get(
            (properties.get(USER_EMAIL) or "").lower()
        )
        if owner_id is None or user.archived:
            continue
        found, bad = _reported(properties)
        unread.extend(Unread(owner_id, name) for name in bad)
        if found != NOTHING:
            reported[owner_id] = found
    return reported, tuple(unread)


def _reported(properties: Mapping[str, str]) -> tuple[Reported, list[str]]:
    bad: list[str] = []
    out_of_office, hours, zone = (
        _spans(properties.get(OUT_OF_OFFICE)),
        _hours(properties.get(WORKING_HOURS)),
        None,
    )
    if out_of_office is None:
        bad.append(OUT_OF_OFFICE)
    if hours is None:
        bad.append(WORKING_HOURS)
    if hours and properties.get(TIME_ZONE):
        try:
            zone = ZoneInfo(properties[TIME_ZONE])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # A folder's name or a path outside the database is an OSError or a ValueError.
            bad.append(TIME_ZONE)
            hours = ()  # hours of an unknown time zone are no hours
    week = Hours("HubSpot", hours) if hours and any(hours) else None
    return Reported(
        away_in_hubspot=(properties.get(USER_STATUS) or "").lower() == "away",
        out_of_office=out_of_office or (),
        hours=week,
        timezone=zone if week else None,
        unreadable=OUT_OF_OFFICE if out_of_office is None else "",
    ), bad


def _spans(text: str | None) -> tuple[Span, ...] | None:
    """`[{"startTimestamp":ms,"endTimestamp":ms}]`; None if it is not that. One without a length is none."""
    absences = _listed(text, _ABSENCES)
    if absences is None or not all(one.start_timestamp <= one.end_timestamp for one in absences):
        return None
    try:
        spans = [(_moment(one.start_timestamp), _moment(one.end_timestamp)) for one in absences]
        return tuple(sorted(span for span in spans if span[0] < span[1]))
    except OverflowError:  # microseconds instead of milliseconds end in the year 58000
        return None


def _hours(text: str | None) -> tuple[tuple[tuple[time, time], ...], ...] | None:
    """`[{"days":"MONDAY_TO_FRIDAY","startMinute":540,"endMinute":1020}]`; None if it is not that."""
    minutes: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    shifts = _listed(text, _SHIFTS)
    if shifts is None or not all(one.days in _DAYS and one.start_minute < one.end_minute for one in shifts):
        return None
    for one in shifts:
        for day in _DAYS[one.days]:
            minutes[day].append((one.start_minute, one.end_minute))
    return tuple(_day(sorted(spans)) for spans in minutes) if shifts else ()


def _day(spans: list[tuple[int, int]]) -> tuple[tuple[time, time], ...]:
    """The spans sorted; spans that overlap or touch are merged."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple((_clock(start), _clock(end)) for start, end in joined)


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


def _moment(timestamp_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=timestamp_ms)


class _Absence(msgspec.Struct, rename="camel"):
    start_timestamp: int
    end_timestamp: int


class _Shift(msgspec.Struct, rename="camel"):
    days: str
    start_minute: Annotated[int, msgspec.Meta(ge=0)]
    end_minute: Annotated[int, msgspec.Meta(le=_DAY_MINUTES)]


_ABSENCES: Final = msgspec.json.Decoder(list[_Absence], strict=False)
_SHIFTS: Final = msgspec.json.Decoder(list[_Shift], strict=False)


def _listed(text: str | None, reader: msgspec.json.Decoder[list[Entry]]) -> list[Entry] | None:
    """The list that the text holds, numbers in quotes included; None if it holds something else."""
    try:
        return reader.decode((text or "").strip() or "[]")
    except (msgspec.DecodeError, RecursionError):
        return None
