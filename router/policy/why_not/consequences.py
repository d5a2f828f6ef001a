"""Which other facts change with one: a lead from abroad has no département, a mailbox has one domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from router.hubspot import properties
from router.hubspot.properties import COMPANY_OWNER, COUNTRY_CODE, SOURCE
from router.policy.leads.email import kind_of
from router.policy.leads.geography import departement_of, region_of
from router.policy.leads.lead import Facts, Value
from router.policy.why_not.other_values import ANY_OTHER

SAME: Final[Mapping[str, str]] = {
    "country": COUNTRY_CODE,
    COUNTRY_CODE: "country",
    "channel": SOURCE,
    SOURCE: "channel",
    "account_owner": COMPANY_OWNER,
    COMPANY_OWNER: "account_owner",
}
"""Facts that say the same under two names."""
_DOMAIN_OF_KIND: Final = {"free": "gmail.com", "disposable": "yopmail.com", "business": ANY_OTHER}
_A_FRENCH_POSTCODE: Final = "75001"


def changed(facts: Facts, fact: str, value: Value | None, *, types: Mapping[str, str]) -> dict[str, Value]:
    """The facts with this one changed, and with what follows from it among the facts that have a type."""
    after = dict(facts)
    for name, new in ((fact, value), *_following(after, fact, value)):
        if name != fact and name not in types:
            continue
        if new is None:
            after.pop(name, None)
        else:
            after[name] = new
    return after


def _following(facts: Facts, fact: str, value: Value | None) -> Iterator[tuple[str, Value | None]]:
    if fact in SAME:
        yield SAME[fact], value
    match fact:
        case "country" | properties.COUNTRY_CODE if isinstance(value, str) and not _is_french(value):
            yield "departement", None
            yield "region", None
        case "departement":
            yield "region", region_of(value) if isinstance(value, str) else None
            yield from _in_france(facts, value)
        case "region":
            if facts.get("departement") is not None and region_of(str(facts["departement"])) != value:
                yield "departement", _a_departement_of(value)
            yield from _in_france(facts, value)
        case "email_domain":
            yield "email_kind", kind_of(value) if isinstance(value, str) else None
        case "email_kind":
            yield "email_domain", _DOMAIN_OF_KIND.get(str(value))
        case _:
            return


def _in_france(facts: Facts, value: Value | None) -> Iterator[tuple[str, Value | None]]:
    """A place in France is in France, unless no country is filled in."""
    for name in ("country", COUNTRY_CODE):
        country = facts.get(name)
        if value is not None and isinstance(country, str) and not _is_french(country):
            yield name, "FR"


def _is_french(country: str) -> bool:
    return departement_of(_A_FRENCH_POSTCODE, country) is not None


def _a_departement_of(region: Value | None) -> str | None:
    numbers = (f"{number:02}" for number in range(1, 96))
    return next((number for number in (*numbers, "2A", "971", "972", "973", "974", "976")
                 if region_of(number) == region), None)  # fmt: skip
