"""HubSpot's answers as values: records, histories, outcomes, owners, properties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

Missing = Literal["gone", "unknown"]
Kind = Literal["written", "refused", "gone", "merged", "unknown"]


class Record(Struct, frozen=True):
    """One contact, company or user. `merged_into` is its present id if that is not the id asked for.

    `updated_at_ms` and `created_at_ms` are HubSpot's moments of its last change and of its creation (epoch
    milliseconds), 0 if HubSpot does not say.
    """

    id: str
    properties: Mapping[str, str]
    archived: bool = False
    merged_into: str | None = None
    updated_at_ms: int = 0
    created_at_ms: int = 0


class ReadAnswer(Struct, frozen=True):
    """The result of a batch read, by the id asked for; every asked id is in one of the two.

    `gone` means HubSpot says there is no such record; `unknown` that it did not say.
    """

    records: Mapping[str, Record]
    missing: Mapping[str, Missing]


class HistoryEntry(Struct, frozen=True):
    """One value that a property had: since when, and who set it (`CRM_UI`, `userId:75514748`)."""

    value: str
    at: datetime
    source_type: str
    source_id: str

    @property
    def by_person(self) -> bool:
        """True if a person set it in HubSpot's pages or app, and not an app, a workflow or an import."""
        return self.source_id.startswith("userId:") or self.source_type.startswith(("CRM_UI", "MOBILE_"))


class Outcome(Struct, frozen=True):
    """The outcome of one record of a batch update.

    `unknown` means: read before writing again. HubSpot also calls a merged record not found, so a `gone` from
    a write deserves one read, which says where the record is now.
    """

    kind: Kind
    reason: str = ""
    property: str = ""


class SearchPage(Struct, frozen=True):
    """Contacts by ascending id; `more` means that a search after the last id may find more."""

    records: tuple[Record, ...]
    more: bool


class PortalOwner(Struct, frozen=True):
    """A HubSpot owner. `user_id` joins it with the user whose availability HubSpot knows."""

    id: str
    email: str
    name: str
    user_id: str | None
    archived: bool


class PortalOption(Struct, frozen=True):
    """One option of an enumeration."""

    value: str
    label: str
    hidden: bool


class PortalProperty(Struct, frozen=True):
    """A property as the portal defines it, in HubSpot's words for `type` and `field_type`."""

    name: str
    label: str
    type: str
    field_type: str
    options: tuple[PortalOption, ...]
    read_only: bool
