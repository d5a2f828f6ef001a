"""One lead on its way through a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from router.policy.decision.trigger import Reassigned, Trigger
from router.store.inbox.inbox import InboxEntry
from router.store.leads.leads import LeadState, State


@dataclass(slots=True)
class Trip:
    """What a batch knows of one lead: its claimed announcements, and what was decided so far."""

    contact_id: str
    entries: Sequence[InboxEntry]
    state: LeadState | None = None
    doubtful: bool = False
    """An earlier write of ours may be applied already, or may be applied late."""

    refused: bool = False
    """HubSpot refused the owner we chose; another one is to be chosen."""

    chosen_anew: bool = False
    """That happened in this batch already; a second refusal needs a person."""

    excluded: frozenset[str] = field(default_factory=frozenset)
    """Reps whom a new decision leaves out."""

    trigger: Trigger | None = None
    """Why the lead is decided once more; None for a new lead."""

    @property
    def needs_decision(self) -> bool:
        """Nothing is decided, what was decided was refused, or the lead is to be decided once more."""
        return self.state is None or self.refused or self.state.state is State.REOPENED

    @property
    def expected_owner_id(self) -> str:
        """Whose the lead must still be for a new decision to be written; "" for nobody's."""
        return self.trigger.owner_id if isinstance(self.trigger, Reassigned) else ""

    @property
    def next_episode(self) -> int:
        """0 for a creation, one more for each decision after it."""
        return 0 if self.state is None else self.state.episode + 1

    @property
    def deliveries(self) -> int:
        """How often the lead was claimed, this time included."""
        return max(entry.deliveries for entry in self.entries)

    @property
    def announced_at_ms(self) -> int:
        """When HubSpot first told us, epoch milliseconds."""
        return min(entry.occurred_at_ms for entry in self.entries)
