"""What the portal knows: its properties, their types and options, and its owners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

COMPANY_PREFIX: Final = "company."


class FactType(StrEnum):
    """What a fact's text means; the property's type decides, never the look of the text."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    BOOL = "bool"
    CHOICE = "choice"
    CHOICES = "choices"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a choice, as HubSpot stores it, with the label people see."""

    value: str
    label: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a contact or a company. `integer` makes 49 and 50 neighbours in ranges."""

    name: str
    label: str
    type: FactType
    options: tuple[Option, ...] = ()
    integer: bool = False
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """A HubSpot owner: somebody a contact can belong to."""

    id: str
    email: str
    name: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Catalog:
    """The portal's properties and owners at one moment; rule files are checked against it offline."""

    contact: Mapping[str, Property]
    company: Mapping[str, Property]
    owners: tuple[Owner, ...] = ()

    def property(self, fact: str) -> Property | None:
        """The portal property that a rule's fact names (`company.industry` is the company's), or None."""
        if fact.startswith(COMPANY_PREFIX):
            return self.company.get(fact.removeprefix(COMPANY_PREFIX))
        return self.contact.get(fact)
