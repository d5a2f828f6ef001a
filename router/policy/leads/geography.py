"""The French département and region of a postcode.

Numbers are those of the official code (INSEE, Code officiel géographique): 2A and 2B for Corsica, three
digits overseas. Postcodes are those of La Poste; a CEDEX keeps the digits of the département.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_REGIONS: Final[Mapping[str, str]] = {
    "Auvergne-Rhône-Alpes": "01 03 07 15 26 38 42 43 63 69 73 74",
    "Bourgogne-Franche-Comté": "21 25 39 58 70 71 89 90",
    "Bretagne": "22 29 35 56",
    "Centre-Val de Loire": "18 28 36 37 41 45",
    "Corse": "2A 2B",
    "Grand Est": "08 10 51 52 54 55 57 67 68 88",
    "Hauts-de-France": "02 59 60 62 80",
    "Île-de-France": "75 77 78 91 92 93 94 95",
    "Normandie": "14 27 50 61 76",
    "Nouvelle-Aquitaine": "16 17 19 23 24 33 40 47 64 79 86 87",
    "Occitanie": "09 11 12 30 31 32 34 46 48 65 66 81 82",
    "Pays de la Loire": "44 49 53 72 85",
    "Provence-Alpes-Côte d'Azur": "04 05 06 13 83 84",
    "Guadeloupe": "971",
    "Martinique": "972",
    "Guyane": "973",
    "La Réunion": "974",
    "Mayotte": "976",
}
_REGION_OF: Final = {
    departement: region for region, departements in _REGIONS.items() for departement in departements.split()
}
_OVERSEAS_WITHOUT_REGION: Final = frozenset({"975", "977", "978", "984", "986", "987", "988"})
_DEPARTEMENTS: Final = frozenset(_REGION_OF) | _OVERSEAS_WITHOUT_REGION
_CORSICA: Final = {"200": "2A", "201": "2A", "203": "2A", "207": "2A", "202": "2B", "204": "2B", "206": "2B"}
"""The département by the first three digits; 203, 204 and 207 are the CEDEX of Ajaccio and Bastia."""
_NORTHERN_ISLANDS: Final = {"97133": "977", "97150": "978"}
"""Saint-Barthélemy and Saint-Martin left Guadeloupe in 2007 and kept its postcodes."""
_FRENCH: Final = frozenset("FR GP MQ GF RE YT PM BL MF TF WF PF NC".split())  # noqa: SIM905 — codes read as one line
_POSTCODE: Final = re.compile(r"(?:FR?-?)?(\d{4,5})(?:\D.*)?")
_BY_ITS_NAME: Final = re.compile(r"(?:FR?-?)?(2[AB])\d{3}")
"""Postcodes such as `2A000`: La Poste does not use them, but they clearly mean Corsica."""


LONGEST_POSTCODE: Final = 200
"""Characters: some type the whole address there."""


def departement_of(postcode: str, country: str | None) -> str | None:
    """The département of a postcode (`01`, `2A`, `974`), or None for a postcode that is not French.

    `country` is an ISO code, or None if unknown; without it only five digits count as French. Four digits
    in France are a postcode whose leading zero was lost in a spreadsheet.
    """
    return _departement_of(postcode, country) if len(postcode) <= LONGEST_POSTCODE else None


@lru_cache(maxsize=8192)
def _departement_of(postcode: str, country: str | None) -> str | None:
    if country is not None and country not in _FRENCH:
        return None
    written = postcode.upper().replace(" ", "").replace("\u00a0", "")
    found = _POSTCODE.fullmatch(written)
    if found is None:
        named = _BY_ITS_NAME.fullmatch(written)
        return None if named is None else named[1]
    digits = found[1]
    if len(digits) == 4:
        if country is None:
            return None
        digits = f"0{digits}"
    if digits.startswith("20"):
        return _CORSICA.get(digits[:3])
    if digits in _NORTHERN_ISLANDS:
        return _NORTHERN_ISLANDS[digits]
    departement = digits[:3] if digits.startswith(("97", "98")) else digits[:2]
    return departement if departement in _DEPARTEMENTS else None


def region_of(departement: str) -> str | None:
    """The name of the region (13 since 2016, and 5 overseas), or None for a département without one."""
    return _REGION_OF.get(departement)
