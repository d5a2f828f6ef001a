"""Everything that deciding reads in HubSpot: contacts, and their companies if the policy names any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from router.hubspot.api.gateway import Gateway
from router.hubspot.api.records import ReadAnswer, Record
from router.hubspot.properties import COMPANY
from router.hubspot.routing_properties import ALWAYS_READ
from router.policy.leads.lead import Lead
from router.policy.rules.facts import Needed
from router.store.budget.budget import Priority


def read_contacts(
    hubspot: Gateway,
    contact_ids: Sequence[str],
    *,
    needed: Needed,
    priority: Priority,
    more: Sequence[str] = (),
) -> ReadAnswer:
    """At most 100 contacts with the properties that deciding needs, and `more`. One call."""
    company = (COMPANY,) if needed.company else ()
    properties = tuple(dict.fromkeys((*ALWAYS_READ, *more, *company, *needed.contact)))
    return hubspot.read_contacts(contact_ids, properties, priority=priority)


def leads_of(
    hubspot: Gateway, records: Mapping[str, Record], *, needed: Needed, priority: Priority
) -> Mapping[str, Lead]:
    """The leads as the policy sees them, by contact id; one call more if the policy names companies."""
    company_of = {
        contact_id: company_id
        for contact_id, record in records.items()
        if needed.company and (company_id := record.properties.get(COMPANY))
    }
    companies: Mapping[str, Record] = {}
    if company_of:
        ids = list(dict.fromkeys(company_of.values()))
        companies = hubspot.read_companies(ids, needed.company, priority=priority).records
    leads = {}
    for contact_id, record in records.items():
        company = companies.get(company_of.get(contact_id, ""))
        leads[contact_id] = Lead(
            contact_id, properties=record.properties, company=company.properties if company else {}
        )
    return leads
