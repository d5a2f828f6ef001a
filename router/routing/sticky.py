"""Whom do the leads of a batch follow? The companies' memory as one try to commit sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from router.policy.decision import Assigned, Decision
from router.policy.lead import Lead
from router.policy.rules import Policy
from router.policy.sticky import Remembered, Trace, memory_span, traces_of
from router.store.commits import Memory
from router.store.companies import Companies, Kept, written_memory


@dataclass(slots=True)
class Followed:
    """The traces of a batch's leads, and what is remembered of them.

    `span_s` is 0, and nothing is asked or written, while no rule of the policy is sticky.
    """

    companies: Companies
    span_s: int
    keys_of: Mapping[str, tuple[tuple[str, Trace], ...]] = field(default_factory=dict)
    known: dict[str, Kept] = field(default_factory=dict)

    def read(self) -> None:
        """Read the memory; call it after the book is read, before each try to commit."""
        keys = (key for traces in self.keys_of.values() for key, _ in traces)
        self.known = self.companies.recall(keys) if self.span_s else {}

    def of(self, contact_id: str) -> tuple[Remembered, ...]:
        """What is remembered of one lead, the surest trace first."""
        return tuple(
            Remembered(trace.kind, kept.owner_id, kept.at)
            for key, trace in self.keys_of.get(contact_id, ())
            if (kept := self.known.get(key)) is not None
        )

    def learn(self, decision: Decision) -> Memory | None:
        """What the commit has to write; the next lead of this very batch follows it already."""
        traces = self.keys_of.get(decision.contact_id, ())
        if not traces or not isinstance(decision.outcome, Assigned):
            return None
        owner_id, at_ms = decision.outcome.owner_id, _epoch_ms(decision.decided_at)
        self.known.update({key: Kept(owner_id, decision.decided_at) for key, _ in traces})
        return Memory(
            keys=tuple(key for key, _ in traces),
            text=written_memory(owner_id=owner_id, contact_id=decision.contact_id, at_ms=at_ms),
            lasts_s=self.span_s,
        )


def followed(companies: Companies, policy: Policy, leads: Mapping[str, Lead]) -> Followed:
    """The memory for these leads (by contact id); nothing of it is read yet."""
    span_s = int(memory_span(policy).total_seconds())
    nothing = Followed(companies, span_s)
    if not span_s:
        return nothing
    key_of = companies.naming()
    keys_of = {
        contact_id: tuple((key_of(trace), trace) for trace in traces_of(lead))
        for contact_id, lead in leads.items()
    }
    return replace(nothing, keys_of=keys_of)


def _epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
