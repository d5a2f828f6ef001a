"""The portal's catalog: its properties, their types and options, and its owners."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

COMPANY_PREFIX: Final = "company."


class FactType(StrEnum):
    """The type of a fact, taken from its property's type, never from the look of the text."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    BOOL = "bool"
    CHOICE = "choice"
    CHOICES = "choices"
    DURATION = "duration"


class Option(Struct, frozen=True):
    """One value of a choice as HubSpot stores it, with the label that people see."""

    value: str
    label: str
    archived: bool = False


class Property(Struct, frozen=True):
    """One property of a contact or a company; with `integer`, 49 and 50 are neighbours in ranges."""

    name: str
    label: str
    type: FactType
    options: tuple[Option, ...] = ()
    integer: bool = False
    read_only: bool = False


class Owner(Struct, frozen=True):
    """A HubSpot owner: a person to whom a contact can belong."""

    id: str
    email: str
    name: str
    archived: bool = False


class Catalog(Struct, frozen=True):
    """The portal's properties and owners at one moment; rule files are checked against it offline."""

    contact: Mapping[str, Property]
    company: Mapping[str, Property]
    owners: tuple[Owner, ...] = ()

    def property(self, fact: str) -> Property | None:
        """The portal property that a rule's fact names (`company.industry` is the company's), or None."""
        if fact.startswith(COMPANY_PREFIX):
            return self.company.get(fact.removeprefix(COMPANY_PREFIX))
        return self.contact.get(fact)
