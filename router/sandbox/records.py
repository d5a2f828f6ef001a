"""What the portal remembers about one record, every earlier value included."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from router.sandbox.clock import iso, now_ms, parse_ms


@dataclass(frozen=True, slots=True)
class Source:
    """Who wrote a value: an app, a person in HubSpot's own pages, a form, an import."""

    type: str
    id: str
    label: str | None = None
    user_id: int | None = None


class Version(NamedTuple):
    """One value that a property had, since when and from whom."""

    value: str
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
    changes: dict[str, list[Version]] = field(default_factory=dict)
    announced_ms: float | None = None
    owned_ms: float | None = None
    was_read: bool = False
    was_overtaken: bool = False

    def history(self, name: str) -> list[Version]:
        """Every value that the property had, newest first."""
        if name in self.changes:
            return self.changes[name][::-1]
        value = self.properties.get(name)
        return [] if value is None else [Version(value, self.created_ms, self.created_by)]

    def value_at(self, name: str, at_ms: int) -> str | None:
        """The value that the property had at that time."""
        if name not in self.changes:
            return self.properties.get(name)
        return next((version.value for version in self.history(name) if version.at_ms <= at_ms), None)

    def write(self, values: Mapping[str, str], *, source: Source, at_ms: int, modified: str) -> int:
        """Set the values; returns how many really changed. A value that is already there leaves no trace."""
        changed = 0
        for name, value in values.items():
            before = self.properties.get(name)
            if value == before or (value == "" and before is None):
                continue
            self._remember(name, before, Version(value, at_ms, source))
            changed += 1
            if name == "hubspot_owner_id":
                assigned = iso(at_ms) if value else ""
                before = self.properties.get("hubspot_owner_assigneddate")
                self._remember("hubspot_owner_assigneddate", before, Version(assigned, at_ms, source))
        if changed:
            self.updated_at = self.properties[modified] = iso(at_ms)
            self._work_out_unworked()
        return changed

    def _remember(self, name: str, before: str | None, version: Version) -> None:
        versions = self.changes.get(name)
        if versions is None:
            versions = self.changes[name] = []
            if before is not None:
                versions.append(Version(before, self.created_ms, self.created_by))
        if versions and version.at_ms <= versions[-1].at_ms:
            # Two writes in one millisecond: the history must still say which came last.
            version = version._replace(at_ms=versions[-1].at_ms + 1)
        versions.append(version)
        self.properties[name] = version.value

    def _work_out_unworked(self) -> None:
        # HubSpot's own formula of hs_is_unworked (definition of the property in a real portal).
        if "hs_is_unworked" not in self.properties:
            return
        assigned = self.properties.get("hubspot_owner_assigneddate")
        touched = self.properties.get("notes_last_updated")
        unworked = not assigned or not touched or parse_ms(touched) < parse_ms(assigned)
        self.properties["hs_is_unworked"] = "true" if unworked else "false"


def new_record(record_id: str, properties: Mapping[str, str], *, source: Source, modified: str) -> Record:
    """A record created now, with the properties HubSpot adds by itself. `modified` names its date."""
    at_ms = now_ms()
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
