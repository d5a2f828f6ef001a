"""Public holidays by code, such as FR, FR-57 (Alsace-Moselle), DE-BY or CH-GE.

Dates and names come from the package `holidays`, which is only loaded where a rule file names a code.
Codes are those of ISO 3166-2, and the three departments of Alsace-Moselle.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

_DEPARTMENTS: Final[Mapping[str, str]] = {"FR-67": "FR-57", "FR-68": "FR-57", "FR-6AE": "FR-57"}
"""Codes with the holidays of Moselle: Alsace has the same local law, and is one unit in ISO 3166-2."""
_ISO_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LANGUAGES: Final[Mapping[str, str]] = {"en": "en_US", "fr": "fr"}


def holiday_on(code: str, day: date, language: str = "en") -> str | None:
    """The name of the public holiday on that day under this code, or None.

    The name is in `language` (`fr` or `en`) if the package has it for the country, else in the country's
    default language.
    """
    return _of_year(code, day.year, language).get(day)


def is_known(code: str) -> bool:
    """Whether public holidays are known for this code."""
    from holidays import country_holidays  # loads one country; the list of all would cost 0.1 s more

    country, dash, part = _DEPARTMENTS.get(code, code).partition("-")
    if not _ISO_COUNTRY.fullmatch(country) or " " in part or bool(part) != bool(dash):
        return False
    try:
        found = country_holidays(country, years=())
    except (NotImplementedError, KeyError):
        return False
    return found.country == country and (not part or part in found.subdivisions)


def known_codes() -> tuple[str, ...]:
    """All known codes: countries, and their regions with holidays of their own."""
    parts = (f"{country}-{part}" for country, some in _countries().items() for part in some)
    return (*_countries(), *parts, *_DEPARTMENTS)


@lru_cache(maxsize=1024)
def _of_year(code: str, year: int, language: str) -> Mapping[date, str]:
    from holidays import country_holidays  # 60 ms, paid only where a rule file names a code

    country, _, part = _DEPARTMENTS.get(code, code).partition("-")
    # Without a language the package takes it from the environment, and names would differ by machine.
    own = country_holidays(country, subdiv=part or None, years=())
    spoken: str | None = _LANGUAGES[language]
    if spoken not in own.supported_languages:
        spoken = own.default_language
    return dict(country_holidays(country, subdiv=part or None, years=year, language=spoken))


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, tuple[str, ...]]:
    from holidays import list_supported_countries

    listed = list_supported_countries(include_aliases=False)
    return {country: tuple(part for part in parts if " " not in part) for country, parts in listed.items()}
