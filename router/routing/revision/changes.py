"""The leads of which something that was read for their decision has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from router.hubspot.api.records import Record
from router.hubspot.properties import OWNER
from router.policy.leads.lead import Lead
from router.policy.settling.listened import compared
from router.routing.intake.late_facts.revisable import what_was_read
from router.routing.intake.reading import leads_of, read_contacts
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.services import Services
from router.store.leads.leads import LeadState
from router.store.leads.revisable import Revisable


class Changed(Struct, frozen=True):
    """One lead whose facts are not those of its decision: as it was kept, and as HubSpot shows it now."""

    state: LeadState
    kept: Revisable
    record: Record
    lead: Lead
    read: str
    company: str
    """Digests of the values of the contact and of its company now."""

    def as_kept(self, *, shown: tuple[str, str] | None = None) -> Revisable:
        """What a later revision compares with if the decision stands; `shown` are its new score and grade."""
        return replace(
            self.kept,
            seen_ms=self.record.updated_at_ms,
            read=self.read,
            company=self.company,
            shown=shown or self.kept.shown,
        )


@dataclass(slots=True)
class ReadAgain:
    """A batch of leads, read again."""

    changed: list[Changed] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """HubSpot did not answer for these; they are read again."""


def read_changes(services: Services, rules: LiveRules, states: Mapping[str, LeadState]) -> ReadAgain:
    """Read these leads: one call, and one more if the rules name companies. Raises `HubSpotError`.

    A lead that is gone, was merged, or has another owner by now is none: somebody else finds that out.
    """
    found = ReadAgain()
    if not states:
        return found
    needed, shadow = rules.needed(), rules.policy().mode == "shadow"
    answer = read_contacts(services.hubspot, list(states), needed=needed, priority="verify")
    found.unread += [one for one, why in answer.missing.items() if why == "unknown"]
    records = {
        one: record
        for one, record in answer.records.items()
        if record.merged_into is None
        and (shadow or (record.properties.get(OWNER) or "") == states[one].owner_id)
    }
    leads = leads_of(services.hubspot, records, needed=needed, priority="verify")
    names = compared(needed)
    for contact_id, record in records.items():
        state, lead = states[contact_id], leads[contact_id]
        kept = state.revisable
        read, company = what_was_read(record.properties, names), what_was_read(lead.company, needed.company)
        if kept is not None and (read, company) != (kept.read, kept.company):
            found.changed.append(Changed(state, kept, record, lead, read, company))
    return found
