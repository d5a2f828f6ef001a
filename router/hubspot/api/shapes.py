"""HubSpot's JSON turned into records; `MalformedError` when it has not the promised shape."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct

from router.hubspot.api.records import HistoryEntry, PortalOption, PortalOwner, PortalProperty, Record
from router.hubspot.properties import MERGED_IDS
from router.timestamps import epoch_ms

T = TypeVar("T")


class MalformedError(ValueError):
    """The answer is JSON, but not of the promised shape."""


class ListPage(Struct, Generic[T], frozen=True):
    """One page of a listing and the cursor of the next, or None."""

    entries: tuple[T, ...]
    after: str | None


def an_object(answer: Any) -> dict[str, Any]:
    """The answer, if it is a JSON object."""
    if not isinstance(answer, dict):
        raise MalformedError("the answer is not a JSON object")
    return answer


def entries(answer: Any, name: str = "results") -> list[dict[str, Any]]:
    """The answer's list of objects called `name`."""
    found = an_object(answer).get(name)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise MalformedError(f"the answer has no list of {name}")
    return found


def page(answer: Any, read: Callable[[dict[str, Any]], T]) -> ListPage[T]:
    """One page of a listing, each entry read by `read`."""
    paging = an_object(answer).get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    after = following.get("after") if isinstance(following, dict) else None
    return ListPage(tuple(read(entry) for entry in entries(answer)), None if after is None else str(after))


def total(answer: Any) -> int:
    """Number of records that a search found."""
    found = an_object(answer).get("total")
    if not isinstance(found, int) or found < 0:
        raise MalformedError("a search has no total")
    return found


def record(entry: Mapping[str, Any]) -> Record:
    """A contact, company or user; properties without a value are left out."""
    properties = entry.get("properties")
    if not isinstance(properties, dict):
        raise MalformedError("a record has no properties")
    known = {name: value for name, value in properties.items() if isinstance(value, str)}
    return Record(
        record_id(entry),
        known,
        archived=entry.get("archived") is True,
        updated_at_ms=_moment_ms(entry.get("updatedAt")),
        created_at_ms=_moment_ms(entry.get("createdAt")),
    )


def _moment_ms(stamp: Any) -> int:
    """Epoch milliseconds; 0 for a moment that is missing or unreadable."""
    try:
        return epoch_ms(moment(stamp))
    except MalformedError:
        return 0


def record_id(entry: Mapping[str, Any]) -> str:
    """The id of a record, as digits."""
    found = entry.get("id")
    if not isinstance(found, str) or not found.isdecimal():
        raise MalformedError("a record has no id")
    return found


def asked_ids(found: Record, asked: Collection[str]) -> tuple[str, ...]:
    """The ids asked for that this record answers: its own, and those it had before a merge."""
    former = found.properties.get(MERGED_IDS)
    if not former:
        return (found.id,) if found.id in asked else ()
    return tuple(known for known in (found.id, *map(str.strip, former.split(";"))) if known in asked)


def history(entry: Mapping[str, Any], properties: Collection[str]) -> dict[str, tuple[HistoryEntry, ...]]:
    """Each property's values, newest first."""
    histories = entry.get("propertiesWithHistory")
    if not isinstance(histories, dict):
        raise MalformedError("a record has no history")
    return {name: _history(histories.get(name) or []) for name in properties}


def _history(values: Any) -> tuple[HistoryEntry, ...]:
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise MalformedError("a property's history is not a list")
    read = [
        HistoryEntry(
            value=_text(value.get("value")),
            at=moment(value.get("timestamp")),
            source_type=_text(value.get("sourceType")),
            source_id=_text(value.get("sourceId")),
        )
        for value in values
    ]
    return tuple(sorted(read, key=lambda one: one.at, reverse=True))


def moment(stamp: Any) -> datetime:
    """A moment in UTC, from ISO 8601 text or epoch milliseconds."""
    try:
        if isinstance(stamp, str):
            found = datetime.fromisoformat(stamp)
            return found if found.tzinfo is UTC else found.astimezone(UTC)
        if isinstance(stamp, int | float):
            return datetime.fromtimestamp(stamp / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise MalformedError("a timestamp is not readable") from error
    raise MalformedError("a timestamp is missing")


def owner(entry: Mapping[str, Any]) -> PortalOwner:
    """An owner; the user id is there even when the user was deactivated."""
    user = entry.get("userId") or entry.get("userIdIncludingInactive")
    names = (_text(entry.get("firstName")), _text(entry.get("lastName")))
    return PortalOwner(
        id=record_id(entry),
        email=_text(entry.get("email")),
        name=" ".join(name for name in names if name),
        user_id=None if user is None else str(user),
        archived=entry.get("archived") is True,
    )


def portal_property(entry: Mapping[str, Any]) -> PortalProperty:
    """A property's definition."""
    name, kind = entry.get("name"), entry.get("type")
    if not isinstance(name, str) or not isinstance(kind, str):
        raise MalformedError("a property has no name or no type")
    options = entry.get("options") or []
    metadata = entry.get("modificationMetadata") or {}
    if not isinstance(options, list) or not isinstance(metadata, dict):
        raise MalformedError(f"property {name} has unreadable options")
    return PortalProperty(
        name=name,
        label=_text(entry.get("label")) or name,
        type=kind,
        field_type=_text(entry.get("fieldType")),
        options=tuple(_option(option) for option in options if isinstance(option, dict)),
        read_only=metadata.get("readOnlyValue") is True,
    )


def _option(option: Mapping[str, Any]) -> PortalOption:
    value = _text(option.get("value"))
    return PortalOption(value, _text(option.get("label")) or value, hidden=option.get("hidden") is True)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
