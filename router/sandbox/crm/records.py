"""One record of the portal, with every earlier value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec import Struct

from router.sandbox.clock import iso, now_ms, parse_ms


class Source(Struct, frozen=True):
    """The author of a value: an app, a person in HubSpot's own pages, a form, an import."""

    type: str
    id: str
    label: str | None = None
    user_id: int | None = None


class Version(NamedTuple):
    """One value that a property had, since when and from which source."""

    value: str
    at_ms: int
    source: Source


class Edit(NamedTuple):
    """One write: the properties that it changed, its time and its source."""

    changed: dict[str, str]
    at_ms: int
    source: Source


@dataclass(slots=True)
class Record:
    """A contact, a company or a user. The value of a property is always text; "" is a cleared one."""

    id: str
    properties: dict[str, str]
    created_ms: int
    created_by: Source
    created_at: str
    updated_at: str
    original: dict[str, str] | None = None
    """The properties at creation, kept once they change."""
    edits: list[Edit] = field(default_factory=list)
    announced_ms: float | None = None
    owned_ms: float | None = None
    was_read: bool = False
    was_overtaken: bool = False

    def history(self, name: str) -> list[Version]:
        """Every value that the property had, newest first."""
        edits = [Version(e.changed[name], e.at_ms, e.source) for e in self.edits if name in e.changed]
        first = (self.properties if self.original is None else self.original).get(name)
        if first is not None:
            edits.insert(0, Version(first, self.created_ms, self.created_by))
        return edits[::-1]

    def value_at(self, name: str, at_ms: int) -> str | None:
        """The value that the property had at that time."""
        return next((version.value for version in self.history(name) if version.at_ms <= at_ms), None)

    def write(self, values: Mapping[str, str], *, source: Source, at_ms: int, modified: str) -> int:
        """Set the values; returns how many really changed. An unchanged value leaves no trace."""
        before = self.properties
        changed = {name: value for name, value in values.items() if value != before.get(name, "")}
        if not changed:
            return 0
        if self.original is None:
            self.original = dict(before)
        if self.edits and at_ms <= self.edits[-1].at_ms:
            # Two writes in one millisecond: the history must still show which came last.
            at_ms = self.edits[-1].at_ms + 1
        count = len(changed)
        if "hubspot_owner_id" in changed:
            changed["hubspot_owner_assigneddate"] = iso(at_ms) if changed["hubspot_owner_id"] else ""
        self.updated_at = changed[modified] = iso(at_ms)
        self.properties.update(changed)
        if "hs_is_unworked" in self.properties:
            changed["hs_is_unworked"] = self.properties["hs_is_unworked"] = self._is_unworked()
        self.edits.append(Edit(changed, at_ms, source))
        return count

    def _is_unworked(self) -> str:
        # HubSpot's own formula (definition of hs_is_unworked in a real portal).
        assigned = self.properties.get("hubspot_owner_assigneddate")
        touched = self.properties.get("notes_last_updated")
        unworked = not assigned or not touched or parse_ms(touched) < parse_ms(assigned)
        return "true" if unworked else "false"


def new_record(record_id: str, properties: Mapping[str, str], *, source: Source, modified: str) -> Record:
    """A record with HubSpot's own properties, created now unless `createdate` is given.

    `modified` names the property with the date of the last change.
    """
    at_ms = parse_ms(properties["createdate"]) if properties.get("createdate") else now_ms()
    at = iso(at_ms)
    filled = {name: value for name, value in properties.items() if value != ""}
    filled |= {"createdate": at, modified: at, "hs_object_id": record_id}
    if filled.get("hubspot_owner_id") and "hubspot_owner_assigneddate" not in filled:
        filled["hubspot_owner_assigneddate"] = at
    return Record(record_id, filled, at_ms, source, at, at)


def history_entry(version: Version) -> dict[str, Any]:
    """A version as `propertiesWithHistory` shows it."""
    entry: dict[str, Any] = {
        "value": version.value,
        "timestamp": iso(version.at_ms),
        "sourceType": version.source.type,
        "sourceId": version.source.id,
    }
    if version.source.label is not None:
        entry["sourceLabel"] = version.source.label
    if version.source.user_id is not None:
        entry["updatedByUserId"] = version.source.user_id
    return entry
