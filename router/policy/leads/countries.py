"""The country in a text: French, English, German and Spanish names, and ISO codes."""

from __future__ import annotations

import gettext
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Final

import pycountry

from router.policy.leads.text import folded

_EVERYDAY: Final[Mapping[str, tuple[str, ...]]] = {
    "AE": ("UAE", "EAU", "Emirats arabes unis", "VAE"),
    "AT": ("Oesterreich",),
    "BE": ("België",),
    "BA": ("Bosnie", "Bosnia", "Bosnien"),
    "BY": ("Biélorussie",),
    "CD": ("RDC", "DRC", "Congo Kinshasa", "République démocratique du Congo"),
    "CG": ("Congo Brazzaville", "République du Congo"),
    "CI": ("Ivory Coast", "Cote d Ivoire", "Elfenbeinküste", "Costa de Marfil"),
    "CZ": ("Czech Republic", "République tchèque", "Tschechische Republik", "Tchéquie", "Tschechien"),
    "DE": ("Deutschland", "RFA", "BRD"),
    "DK": ("Daenemark",),
    "FR": ("France métropolitaine", "FRA", "Metropolitan France", "France (métropole)"),
    "GB": (
        "UK",
        "Great Britain",
        "Grande-Bretagne",
        "Großbritannien",
        "Gran Bretaña",
        "England",
        "Angleterre",
        "Scotland",
        "Écosse",
        "Wales",
        "Pays de Galles",
        "Northern Ireland",
        "Irlande du Nord",
    ),
    "GF": ("Guyane",),
    "GR": ("Hellas",),
    "HK": ("Hongkong",),
    "IE": ("Eire",),
    "IT": ("Italia",),
    "KP": ("North Korea", "Corée du Nord", "Nordkorea", "Corea del Norte"),
    "KR": ("South Korea", "Korea", "Corée du Sud", "Corée", "Südkorea", "Corea del Sur"),
    "LU": ("Grand-Duché de Luxembourg", "Luxemburg"),
    "MK": ("Macedonia", "Macédoine", "Mazedonien"),
    "NL": ("Holland", "Hollande", "Nederland", "Niederlande", "The Netherlands", "Holanda"),
    "PS": ("Palestine", "Palestina"),
    "RU": ("Russia", "Russie", "Russland", "Rusia"),
    "SZ": ("Swaziland",),
    "TR": ("Turkey", "Turquie", "Türkei", "Turquía"),
    "US": (
        "USA",
        "United States of America",
        "Etats-Unis d'Amérique",
        "America",
        "Amérique",
        "EEUU",
        "EUA",
        "EU-USA",
    ),
    "VA": ("Vatican", "Vatikan"),
    "VN": ("Vietnam", "Viêt Nam"),
    "XK": ("Kosovo", "XKX"),
}
_ARTICLES: Final = ("the ", "la ", "le ", "les ", "el ", "los ", "las ", "die ", "der ", "das ", "l ")


LONGEST_NAME: Final = 100
"""Characters: longer than every official name of a country."""


def country_code(text: str) -> str | None:
    """The two-letter ISO 3166 code (`FR`) for any usual spelling, or None for an unknown text."""
    return _country_code(text) if len(text) <= LONGEST_NAME else None


@lru_cache(maxsize=4096)
def _country_code(text: str) -> str | None:
    key = folded(text)[1:]
    spellings = _spellings()
    found = spellings.get(_tight(key))
    if found is not None:
        return found
    article = next((article for article in _ARTICLES if key.startswith(article)), "")
    return spellings.get(_tight(key.removeprefix(article))) if article else None


def _tight(text: str) -> str:
    """The text folded and without spaces, so that `U.S.A.` equals `USA` and `Pays Bas` equals `Pays-Bas`."""
    return folded(text).replace(" ", "")


@cache
def _spellings() -> Mapping[str, str]:
    """All known spellings; codes win over names, and the list above wins over translations."""
    found: dict[str, str] = {}
    for code, name in _names():
        found.setdefault(_tight(name), code)
    for code, names in _EVERYDAY.items():
        found.update({_tight(name): code for name in names})
    for country in pycountry.countries:
        found[country.alpha_2.lower()] = country.alpha_2
        found[country.alpha_3.lower()] = country.alpha_2
    return found


def _names() -> Iterator[tuple[str, str]]:
    """Pairs (ISO code, name): usual names of all countries first, then official names, then inverted ones.

    "Bolivia, Plurinational State of" also gives "Plurinational State of Bolivia" and, as no other country
    has that name, "Bolivia".
    """
    translations = [
        gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language]).gettext
        for language in ("fr", "de", "es")
    ]
    inverted: list[tuple[str, str]] = []
    for attribute in ("common_name", "name", "official_name"):
        for country in pycountry.countries:
            english = getattr(country, attribute, None)
            if english is None:
                continue
            for name in (english, *(translate(english) for translate in translations)):
                yield country.alpha_2, name
                if "," in name:
                    inverted.append((country.alpha_2, name))
    owners_of_head: dict[str, set[str]] = {}
    for code, name in inverted:
        owners_of_head.setdefault(name.partition(",")[0], set()).add(code)
    for code, name in inverted:
        head, _, tail = name.partition(",")
        yield code, f"{tail} {head}"
        if len(owners_of_head[head]) == 1:
            yield code, head
