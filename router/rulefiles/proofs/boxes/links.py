"""Combinations of facts that no lead can have, because one of them is derived from the other."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from router.hubspot.properties import COMPANY_OWNER, COUNTRY_CODE, SOURCE
from router.policy.leads.countries import country_code
from router.policy.leads.email import kind_of
from router.policy.leads.geography import departement_of, region_of
from router.policy.leads.lead import Value
from router.rulefiles.proofs.boxes.atoms import Dimension
from router.rulefiles.proofs.boxes.boxes import Box, Space

Possible: TypeAlias = Callable[[Value | None, Value | None], bool]
_A_POSTCODE: Final = "75001"


def impossible(space: Space) -> Iterator[Box]:
    """The boxes of impossible leads: a département in Germany, a free mailbox at a company's domain."""
    for (one, other), possible in LINKS.items():
        if one in space.first_of and other in space.first_of:
            yield from _impossible(space, space.first_of[one], space.first_of[other], possible)


def _impossible(space: Space, one: int, other: int, possible: Possible) -> Iterator[Box]:
    left, right = space.dimensions[one], space.dimensions[other]
    refused: dict[int, int] = {}
    for place in range(len(left.atoms)):
        never = sum(
            1 << there
            for there in range(len(right.atoms))
            if not _can_be(left, place, right, there, possible)
        )
        if never:
            refused[never] = refused.get(never, 0) | 1 << place
    for never, places in refused.items():
        yield {place: atoms for place, atoms in ((one, places), (other, never)) if atoms}


def _can_be(left: Dimension, place: int, right: Dimension, there: int, possible: Possible) -> bool:
    if left.wild >> place & 1 or right.wild >> there & 1:
        return True
    return any(possible(value, other) for value in left.atoms[place] for other in right.atoms[there])


def _place_in(place: Value | None, country: Value | None) -> bool:
    """True for an unknown country, too: five digits alone count as a French postcode."""
    return place is None or country is None or departement_of(_A_POSTCODE, str(country)) is not None


def _departement_in_region(departement: Value | None, region: Value | None) -> bool:
    return region == (None if departement is None else region_of(str(departement)))


def _mail_of_kind(domain: Value | None, kind: Value | None) -> bool:
    return kind == (None if domain is None else kind_of(str(domain)))


def _code_in(code: Value | None, country: Value | None) -> bool:
    """True if the code allows the country: HubSpot's code wins over typed text, if it is a known one."""
    meant = None if code is None else country_code(str(code))
    return meant is None or meant == country


LINKS: Final[Mapping[tuple[str, str], Possible]] = {
    ("departement", "country"): _place_in,
    ("region", "country"): _place_in,
    ("departement", "region"): _departement_in_region,
    ("email_domain", "email_kind"): _mail_of_kind,
    (COUNTRY_CODE, "country"): _code_in,
    (SOURCE, "channel"): operator.eq,
    (COMPANY_OWNER, "account_owner"): operator.eq,
}
"""Pairs of facts, and whether a value of each can be in the same lead."""
