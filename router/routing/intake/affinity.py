"""The company memory of one batch: which owner each lead's company or contact had before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from router.policy.decision.decision import Assigned, Decision
from router.policy.leads.lead import Lead
from router.policy.rules.affinity import Affinity, Remembered, Trace, traces_of
from router.store.leads.commits import Memory
from router.store.leads.company_memory import Companies, Kept, written_memory
from router.timestamps import epoch_ms


@dataclass(slots=True)
class AffinityMemory:
    """The traces of a batch's leads, and the owners remembered for them.

    `span_s` (seconds) is how long a memory lasts. It is 0, and nothing is read or written, while no rule of
    the policy is sticky or names the previous owner.
    """

    companies: Companies
    span_s: int
    names_previous_owner: bool = False
    keys_of: Mapping[str, tuple[tuple[str, Trace], ...]] = field(default_factory=dict)
    known: dict[str, Kept] = field(default_factory=dict)

    def with_previous_owners(self, leads: Mapping[str, Lead]) -> Mapping[str, Lead]:
        """These leads (by contact id), each with the owner it had before it was deleted and created again.

        One question to Redis, and none while the policy does not name the previous owner. HubSpot never has
        two contacts with one mail address at the same time, so what is read here does not change before the
        commit.
        """
        if not self.names_previous_owner or not leads:
            return leads
        key_of = {
            contact_id: key
            for contact_id in leads
            for key, trace in self.keys_of.get(contact_id, ())
            if trace.kind == "contact"
        }
        known = self.companies.recall(key_of.values())
        before = {one: known[key].previous_owner(one) for one, key in key_of.items() if key in known}
        return {
            one: replace(lead, previous_owner=before[one]) if before.get(one) else lead
            for one, lead in leads.items()
        }

    def read(self) -> None:
        """Read the memory from Redis; call it after the book is read, before each try to commit."""
        keys = (key for traces in self.keys_of.values() for key, _ in traces)
        self.known = self.companies.recall(keys) if self.span_s else {}

    def of(self, contact_id: str, *, own: bool = True) -> tuple[Remembered, ...]:
        """The owners remembered for one lead, the most certain trace first.

        Without `own` a memory that the lead itself has left counts as none.
        """
        return tuple(
            Remembered(trace.kind, kept.owner_id, kept.at)
            for key, trace in self.keys_of.get(contact_id, ())
            if (kept := self.known.get(key)) is not None and (own or kept.contact_id != contact_id)
        )

    def learn(self, decision: Decision) -> Memory | None:
        """The memory that the commit has to write, or None; later leads of this batch follow it already."""
        traces = self.keys_of.get(decision.contact_id, ())
        if not traces or not isinstance(decision.outcome, Assigned):
            return None
        owner_id, contact_id = decision.outcome.owner_id, decision.contact_id
        known = next((self.known.get(key) for key, trace in traces if trace.kind == "contact"), None)
        before = "" if known is None else known.previous_owner(contact_id)
        kept = Kept(owner_id, decision.decided_at, contact_id, before)
        keys = tuple([key for key, _ in traces])
        self.known.update(dict.fromkeys(keys, kept))
        return Memory(
            keys=keys,
            text=written_memory(
                owner_id=owner_id,
                contact_id=contact_id,
                at_ms=epoch_ms(decision.decided_at),
                before=before,
            ),
            lasts_s=self.span_s,
            person=next((key for key, trace in traces if trace.kind == "contact"), ""),
        )


def affinity_memory(companies: Companies, affinity: Affinity, leads: Mapping[str, Lead]) -> AffinityMemory:
    """The memory for these leads, keyed by contact id; nothing is read from Redis yet."""
    memory = AffinityMemory(companies, int(affinity.span.total_seconds()), affinity.names_previous_owner)
    if not memory.span_s:
        return memory
    key_of, kinds = companies.naming(), affinity.kinds
    memory.keys_of = {
        contact_id: tuple([(key_of(trace), trace) for trace in traces_of(lead) if trace.kind in kinds])
        for contact_id, lead in leads.items()
    }
    return memory
