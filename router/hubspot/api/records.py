"""HubSpot's answers as values: records, histories, outcomes, owners, properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from router.values import value

Missing = Literal["gone", "unknown"]
Kind = Literal["written", "refused", "gone", "merged", "unknown"]


@value
class Record:
    """One contact, company or user. `merged_into` is its present id if that is not the id asked for.

    `updated_at_ms` is HubSpot's moment of its last change (epoch milliseconds), 0 if HubSpot does not say.
    """

    id: str
    properties: Mapping[str, str]
    archived: bool = False
    merged_into: str | None = None
    updated_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """The result of a batch read, by the id asked for; every asked id is in one of the two.

    `gone` means HubSpot says there is no such record; `unknown` that it did not say.
    """

    records: Mapping[str, Record]
    missing: Mapping[str, Missing]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One value that a property had: since when, and who set it (`CRM_UI`, `userId:75514748`)."""

    value: str
    at: datetime
    source_type: str
    source_id: str

    @property
    def by_person(self) -> bool:
        """True if a person set it in HubSpot's pages or app, and not an app, a workflow or an import."""
        return self.source_id.startswith("userId:") or self.source_type.startswith(("CRM_UI", "MOBILE_"))


@value
class Outcome:
    """The outcome of one record of a batch update.

    `unknown` means: read before writing again. HubSpot also calls a merged record not found, so a `gone` from
    a write deserves one read, which says where the record is now.
    """

    kind: Kind
    reason: str = ""
    property: str = ""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Contacts by ascending id; `more` means that a search after the last id may find more."""

    records: tuple[Record, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class PortalOwner:
    """A HubSpot owner. `user_id` joins it with the user whose availability HubSpot knows."""

    id: str
    email: str
    name: str
    user_id: str | None
    archived: bool


@dataclass(frozen=True, slots=True)
class PortalOption:
    """One option of an enumeration."""

    value: str
    label: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class PortalProperty:
    """A property as the portal defines it, in HubSpot's words for `type` and `field_type`."""

    name: str
    label: str
    type: str
    field_type: str
    options: tuple[PortalOption, ...]
    read_only: bool
