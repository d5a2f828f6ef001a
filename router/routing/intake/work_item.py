"""One lead in a batch, as a value that each stage replaces."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from router.policy.decision.inputs import DecisionRequest
from router.policy.decision.trigger import Reassigned, Revised, Trigger
from router.policy.leads.settle import Settled
from router.policy.rules.affinity import Remembered
from router.store.inbox.inbox import InboxEntry
from router.store.leads.leads import LeadState, State


class WorkItem(Struct, frozen=True):
    """One lead in a batch: its claimed inbox entries, and the state it was recalled or committed in."""

    contact_id: str
    entries: Sequence[InboxEntry]
    state: LeadState | None = None
    seen_ms: int = 0
    """HubSpot's moment of the record's last change when it was read (epoch ms); 0 if it does not say."""
    created_ms: int = 0
    """HubSpot's moment of the record's creation (epoch ms); 0 if it does not say."""
    refused: bool = False
    """HubSpot refused the owner of the decision; another owner is to be chosen."""
    chosen_again: bool = False
    """Another owner was chosen in this batch already; a second refusal needs a person."""
    excluded: frozenset[str] = frozenset()
    """Reps whom a new decision leaves out."""
    trigger: Trigger | None = None
    """Why the lead is decided again; None for a new lead."""
    settled: Settled | None = None
    """Its wait for late facts; None if it was certain at once."""

    @property
    def is_undecided(self) -> bool:
        """True for a new lead, and for one that waits for its facts."""
        return self.state is None or self.state.state is State.WAITING

    @property
    def needs_decision(self) -> bool:
        """True if nothing is decided, the decision was refused, or the lead was reopened or gone."""
        return (
            self.is_undecided
            or self.refused
            or (self.state is not None and self.state.state in (State.REOPENED, State.GONE))
        )

    @property
    def expected_owner_id(self) -> str:
        """The owner that a new decision expects on the record; "" for nobody."""
        return self.trigger.owner_id if isinstance(self.trigger, Reassigned | Revised) else ""

    @property
    def deliveries(self) -> int:
        """Number of times the lead was claimed, this time included; at least 1."""
        return max([entry.deliveries for entry in self.entries])

    @property
    def announced_at_ms(self) -> int:
        """The moment of HubSpot's first announcement, epoch milliseconds."""
        return min([entry.occurred_at_ms for entry in self.entries])

    def since_ms(self, *, now_ms: int) -> int:
        """Since when the lead settles, epoch milliseconds: its creation or announcement, never after now."""
        known = self.state.since_ms if self.state else 0
        return known or min(self.announced_at_ms, self.created_ms or now_ms, now_ms)

    def as_read(self, *, seen_ms: int, created_ms: int = 0) -> WorkItem:
        """The item with HubSpot's moments of its record's last change and of its creation (epoch ms)."""
        return replace(self, seen_ms=seen_ms, created_ms=created_ms)

    def as_decided(self, state: LeadState) -> WorkItem:
        """The item with the state in which a decision left it; the owner of that decision is not refused."""
        return replace(self, state=state, refused=False)

    def request(self, remembered: tuple[Remembered, ...] = ()) -> DecisionRequest:
        """What `decide` is asked; `remembered` are the owners of the company's last leads."""
        episode = 0 if self.state is None else self.state.episode + 1
        return DecisionRequest(
            self.contact_id, episode, self.excluded, remembered, self.trigger, self.settled
        )
