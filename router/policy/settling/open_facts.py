"""The open facts of a lead: those that are missing now and can still come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from router.hubspot.properties import COMPANY
from router.policy.leads.catalog import COMPANY_PREFIX
from router.policy.leads.email import domain_of, kind_of
from router.policy.leads.lead import Facts, Lead
from router.policy.leads.settle import Settle
from router.policy.rules.affinity import PREVIOUS_OWNER
from router.policy.rules.facts import sources_of

_CLOSED: Final = frozenset((PREVIOUS_OWNER, "age", "fit", "engagement", "score", "grade", "segment"))
"""Facts that no property of the contact brings."""
_GUESSED: Final = frozenset(("departement", "region"))
"""Facts that are read from a postcode as of France while no country is given."""
_COUNTRY, _ = sources_of("country")


class LateFacts(Struct, frozen=True):
    """The facts of a policy that can come late: with their contact properties, and those of the company."""

    of_contact: tuple[tuple[str, tuple[str, ...]], ...]
    of_company: frozenset[str]

    def open_in(self, lead: Lead, facts: Facts) -> frozenset[str]:
        """The facts that the lead lacks now and that can still come.

        A contact's fact is open while one of its properties is empty (a place that was read from the postcode
        alone is only guessed, and open, too); a company's fact while the contact has
        a business e-mail address and no company. The empty fields of a linked company are not open.
        """
        given = lead.properties.get
        found = {
            fact
            for fact, names in self.of_contact
            if (fact not in facts or (fact in _GUESSED and not any(given(name) for name in _COUNTRY)))
            and not all(given(name) for name in names)
        }
        if self.of_company and not given(COMPANY) and _is_business(given("email")):
            found |= self.of_company - facts.keys()
        return frozenset(found)


def late_facts(types: Mapping[str, str], settle: Settle) -> LateFacts:
    """The late facts among those that a policy needs (fact → FactType)."""
    of_contact, of_company = [], []
    for fact in types:
        contact, _ = sources_of(fact)
        if fact == "account_owner" or fact.startswith(COMPANY_PREFIX):
            of_company.append(fact)
        elif fact not in _CLOSED and (names := tuple(filter(settle.comes_late, contact))):
            of_contact.append((fact, names))
    return LateFacts(tuple(of_contact), frozenset(of_company))


def _is_business(email: str | None) -> bool:
    domain = domain_of(email) if email else None
    return domain is not None and kind_of(domain) == "business"
