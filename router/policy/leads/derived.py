"""Derived facts, which no single property holds: country, region, kind of mailbox, owners, age."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from router.hubspot.properties import COMPANY_OWNER, COUNTRY_CODE, CREATED, OWNER, SOURCE
from router.policy.leads.catalog import FactType
from router.policy.leads.countries import country_code
from router.policy.leads.email import domain_of, kind_of
from router.policy.leads.geography import departement_of, region_of
from router.policy.leads.lead import Lead, Value
from router.policy.leads.parsing import moment_in, text_in

DERIVED: Final[Mapping[str, FactType]] = {
    "country": FactType.CHOICE,
    "departement": FactType.CHOICE,
    "region": FactType.CHOICE,
    "email_domain": FactType.TEXT,
    "email_kind": FactType.CHOICE,
    "channel": FactType.CHOICE,
    "account_owner": FactType.TEXT,
    "previous_owner": FactType.TEXT,
    "age": FactType.DURATION,
    "fit": FactType.NUMBER,
    "engagement": FactType.NUMBER,
    "score": FactType.NUMBER,
    "grade": FactType.CHOICE,
    "segment": FactType.CHOICE,
}
"""The facts that rules can name although they are no properties; the last five come from the score."""

OWNER_FACTS: Final = frozenset(("account_owner", "previous_owner", OWNER, COMPANY_OWNER))
"""Facts whose value is a HubSpot owner id."""

_COUNTRY: Final = (COUNTRY_CODE, "country")
SOURCES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "country": (_COUNTRY, ()),
    "departement": (("zip", *_COUNTRY), ()),
    "region": (("zip", *_COUNTRY), ()),
    "email_domain": (("email",), ()),
    "email_kind": (("email",), ()),
    "channel": ((SOURCE,), ()),
    "account_owner": ((), (OWNER,)),
    "age": ((CREATED,), ()),
}
"""The properties that each derived fact is made from, as (contact's, company's)."""


def age_of(lead: Lead, *, now: datetime) -> timedelta | None:
    """The time since the contact was created, or None; never negative, even if HubSpot's clock runs ahead."""
    created = moment_in(lead.properties.get(CREATED) or "")
    return None if created is None else max(now - created, timedelta(0))


def _country(lead: Lead) -> str | None:
    """The country code from HubSpot's own code first, then from the typed text."""
    for name in _COUNTRY:
        raw = lead.properties.get(name)
        if raw and (code := country_code(raw)) is not None:
            return code
    return None


def _departement(lead: Lead) -> str | None:
    raw = lead.properties.get("zip")
    return departement_of(raw, _country(lead)) if raw else None


def _region(lead: Lead) -> str | None:
    departement = _departement(lead)
    return None if departement is None else region_of(departement)


def _email_domain(lead: Lead) -> str | None:
    raw = lead.properties.get("email")
    return domain_of(raw) if raw else None


def _email_kind(lead: Lead) -> str | None:
    domain = _email_domain(lead)
    return None if domain is None else kind_of(domain)


def _channel(lead: Lead) -> str | None:
    raw = lead.properties.get(SOURCE)
    return text_in(raw) if raw else None


def _account_owner(lead: Lead) -> str | None:
    raw = lead.company.get(OWNER)
    return text_in(raw) if raw else None


def _previous_owner(lead: Lead) -> str | None:
    return lead.previous_owner


DERIVE: Final[Mapping[str, Callable[[Lead], Value | None]]] = {
    "country": _country,
    "departement": _departement,
    "region": _region,
    "email_domain": _email_domain,
    "email_kind": _email_kind,
    "channel": _channel,
    "account_owner": _account_owner,
    "previous_owner": _previous_owner,
}
"""The function for each derived fact; `age` is missing here because it needs `now`, see `age_of`."""
