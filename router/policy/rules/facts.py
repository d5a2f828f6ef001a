"""The facts of a lead for the rules: HubSpot's texts as typed values, and values derived from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from router.hubspot.properties import LAST_CONVERSION
from router.policy.leads.catalog import COMPANY_PREFIX, FactType
from router.policy.leads.derived import DERIVE, DERIVED, SOURCES, age_of
from router.policy.leads.lead import Lead, Value
from router.policy.leads.parsing import READERS, Reader
from router.policy.rules.affinity import READ, memory_span
from router.policy.rules.policy import Policy, owner_fact, steps_of

__all__ = [
    "DERIVED",
    "LAST_CONVERSION",
    "Needed",
    "facts_needed",
    "properties_read",
    "sources_of",
]


class Needed(Struct, frozen=True):
    """The property names to read, sorted: of the contact, and of its company (empty: do not read it)."""

    contact: tuple[str, ...]
    company: tuple[str, ...]


def sources_of(fact: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The properties that a fact is made from, as (contact's, company's); facts of the score have none."""
    if fact in DERIVED:
        return SOURCES.get(fact, ((), ()))
    if fact.startswith(COMPANY_PREFIX):
        return (), (fact.removeprefix(COMPANY_PREFIX),)
    return (fact,), ()


def facts_needed(policy: Policy) -> Mapping[str, str]:
    """The FactType of every fact that a decision of this policy depends on.

    These are the facts that rules name, the last conversion where points decay, and the account owner or
    previous owner where a rule assigns leads to that owner.
    """
    needed = dict(policy.types)
    if any(card.decay is not None for card in (policy.scoring.fit, policy.scoring.engagement)):
        needed.setdefault(LAST_CONVERSION, FactType.DATETIME)
    for rule in policy.rules:
        for fact in filter(None, (owner_fact(step.to) for step in steps_of(rule.action))):
            needed.setdefault(fact, FactType.TEXT)
    return needed


def properties_read(policy: Policy) -> Needed:
    """Exactly the properties that decisions of this policy read."""
    contact: set[str] = set()
    company: set[str] = set()
    for fact in facts_needed(policy):
        of_contact, of_company = sources_of(fact)
        contact.update(of_contact)
        company.update(of_company)
    if memory_span(policy):
        contact.update(READ)
    if policy.settle is not None and company:
        contact.add("email")  # a business address tells that a company may still be linked
    return Needed(contact=tuple(sorted(contact)), company=tuple(sorted(company)))


Reading: TypeAlias = Callable[[Lead, datetime], dict[str, Value]]


def reading(types: Mapping[str, str]) -> Reading:
    """What reads a lead's facts named in `types` (fact → FactType), compiled once for many leads.

    A missing or unreadable fact is absent. `now` (aware UTC) is used for `age`. The facts of the score are
    not included: they follow from these.
    """
    of_contact: list[tuple[str, str, Reader]] = []
    of_company: list[tuple[str, str, Reader]] = []
    for fact, fact_type in types.items():
        if fact.startswith(COMPANY_PREFIX):
            of_company.append((fact, fact.removeprefix(COMPANY_PREFIX), READERS[fact_type]))
        elif fact not in DERIVED:
            of_contact.append((fact, fact, READERS[fact_type]))
    derived = [(fact, DERIVE[fact]) for fact in types if fact in DERIVE]
    wants_age = "age" in types

    def read(lead: Lead, now: datetime) -> dict[str, Value]:
        facts: dict[str, Value] = {}
        for texts, plan in ((lead.properties, of_contact), (lead.company, of_company)):
            if not texts:
                continue
            for fact, name, reader in plan:
                raw = texts.get(name)
                if raw and (value := reader(raw)) is not None:
                    facts[fact] = value
        for fact, derive in derived:
            if (value := derive(lead)) is not None:
                facts[fact] = value
        if wants_age and (age := age_of(lead, now=now)) is not None:
            facts["age"] = age
        return facts

    return read
