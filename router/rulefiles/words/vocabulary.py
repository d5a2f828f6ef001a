"""The facts that rules can name, and the values that each can have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import pycountry

from router.hubspot.properties import SOURCE
from router.policy.leads.catalog import COMPANY_PREFIX, Catalog, FactType, Option
from router.policy.leads.derived import DERIVED, OWNER_FACTS
from router.policy.leads.geography import region_of
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Scalar

_WHOLE_NUMBERS: Final = frozenset(("fit", "engagement", "score"))
_OVERSEAS: Final = ("971", "972", "973", "974", "975", "976", "977", "978", "984", "986", "987", "988")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact that rules can name. Empty `options` mean that any value is possible."""

    name: str
    type: FactType
    label: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)
    integer: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.label})" if self.label else self.name

    @property
    def is_owner(self) -> bool:
        """True if its values are ids of HubSpot owners, which rules write as e-mail addresses."""
        return self.name in OWNER_FACTS


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything that a condition may name.

    `lists` is None if lists.yaml is unreadable: no name is checked.
    """

    catalog: Catalog
    timezone: ZoneInfo
    lists: Mapping[str, tuple[str, ...]] | None
    computed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """All grades and segments by fact; a missing key was unreadable, so its values are not checked."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Facts that would be circular here, with the error message for each."""
    _known: dict[str, Fact] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Facts named so far: thousands of conditions name the same few."""

    def fact(self, name: Scalar, file: FileReader) -> Fact | None:
        """The fact of that name; None, and an error is reported, if the portal has no such fact."""
        if (found := self._known.get(name.text)) is not None:
            return found
        if name.text in self.refused:
            file.error(name, self.refused[name.text])
            return None
        fact = self._derived(name.text) if name.text in DERIVED else self._of_portal(name.text)
        if fact is None:
            self._unknown(name, file)
        else:
            self._known[name.text] = fact
        return fact

    def _of_portal(self, name: str) -> Fact | None:
        found = self.catalog.property(name)
        if found is None:
            return None
        return Fact(name, found.type, found.label, _by_value(found.options), found.integer)

    def _derived(self, name: str) -> Fact:
        if name == "channel":
            source = self.catalog.contact.get(SOURCE)
            return Fact(name, DERIVED[name], options=_by_value(source.options if source else ()))
        values = {
            "country": _countries(),
            "departement": _departements(),
            "region": _regions(),
            "email_kind": ("business", "free", "disposable"),
        }.get(name, self.computed.get(name, ()))
        options = _by_value(Option(value, value) for value in values)
        return Fact(name, DERIVED[name], options=options, integer=name in _WHOLE_NUMBERS)

    def _unknown(self, name: Scalar, file: FileReader) -> None:
        about, company = ("company", True) if name.text.startswith(COMPANY_PREFIX) else ("contact", False)
        bare = name.text.removeprefix(COMPANY_PREFIX)
        message = f"HubSpot has no {about} property '{bare}'"
        if not company and bare in self.catalog.company:
            file.error(name, message, f"Did you mean '{COMPANY_PREFIX}{bare}'?")
        elif company and bare in self.catalog.contact:
            file.error(name, message, f"Did you mean the contact's, '{bare}'?")
        else:
            of_company = (COMPANY_PREFIX + prop for prop in self.catalog.company)
            among = of_company if company else (*self.catalog.contact, *DERIVED)
            hint = "Create it in HubSpot, then run 'router pull'."
            file.error(name, message, hint, like=name.text, among=among)


def _by_value(options: Iterable[Option]) -> Mapping[str, Option]:
    return {option.value: option for option in options}


@cache
def _countries() -> tuple[str, ...]:
    return tuple(country.alpha_2 for country in pycountry.countries)


@cache
def _departements() -> tuple[str, ...]:
    mainland = tuple(f"{number:02}" for number in range(1, 96) if number != 20)
    return (*mainland, "2A", "2B", *_OVERSEAS)


@cache
def _regions() -> tuple[str, ...]:
    found = (region_of(departement) for departement in _departements())
    return tuple(dict.fromkeys(region for region in found if region is not None))
