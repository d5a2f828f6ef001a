"""Settling: whether a new lead waits for facts that come late, and until when."""

from __future__ import annotations

from datetime import datetime

from router.policy.leads.lead import Lead
from router.policy.leads.settle import Settle
from router.policy.rules.facts import facts_needed, reading
from router.policy.rules.policy import Policy
from router.policy.settling.certainty import CertaintyOfPolicy
from router.policy.settling.open_facts import late_facts


class Settling:
    """The settling of one policy's leads, compiled for many of them."""

    def __init__(self, policy: Policy, settle: Settle) -> None:
        self.settle = settle
        types = facts_needed(policy)
        self._read = reading(types)
        self._late = late_facts(types, settle)
        self._certainty = CertaintyOfPolicy(policy)

    def waits_for(self, lead: Lead, now: datetime) -> tuple[str, ...]:
        """The open facts on which it depends where the lead goes, sorted; empty if it is certain."""
        facts = self._read(lead, now)
        open_facts = self._late.open_in(lead, facts)
        if not open_facts:
            return ()
        return tuple(sorted(self._certainty.of(facts, open_facts, now).waits_for))

    def decide_at(self, *, since: datetime, last_change: datetime) -> datetime:
        """When a lead that is not certain is decided on what is there (aware UTC).

        `since` is when it was created, `last_change` when something about it last changed.
        """
        return min(since + self.settle.wait, last_change + self.settle.quiet)


def settling_of(policy: Policy) -> Settling | None:
    """The policy's settling; None if its leads are decided at once. It costs some milliseconds."""
    return None if policy.settle is None else Settling(policy, policy.settle)
