"""The decision for one lead, with the data to explain it and to compute it again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct, field

from router.policy.decision.inputs import Inputs
from router.policy.decision.trigger import paid_alone
from router.policy.leads.lead import Facts
from router.policy.shares.lead_value import ONE_LEAD, LeadValue
from router.policy.shares.share import Share
from router.policy.shares.share_book import credit_field


class PassedOver(Struct, frozen=True):
    """A rep who was not eligible, and the reason in the policy's language."""

    rep: str
    reason: str


class Assigned(Struct, frozen=True):
    """The lead has an owner; `team` is None where the rule named the rep or the account owner.

    `rep` is None if the owner is not in `team.yaml`.
    """

    rep: str | None
    owner_id: str
    team: str | None


class Queued(Struct, frozen=True):
    """Nobody owns the lead yet; it waits in the team's queue. `why` is None if the rule wants the queue.

    At `push_at` (aware UTC) fair share gives the lead, if nobody has claimed it; None: it waits for a claim.
    """

    team: str
    why: str | None
    push_at: datetime | None = None


class Nurtured(Struct, frozen=True):
    """Marketing keeps the lead; `sets` are the properties to write."""

    sets: Mapping[str, str]
    workflow: str | None


class LeftAlone(Struct, frozen=True):
    """The rule says that this lead goes to nobody."""


Outcome: TypeAlias = Assigned | Queued | Nurtured | LeftAlone


class Decision(Struct, frozen=True):
    """One decision. `facts` are the normalised facts that rules name, nothing more (no names, no e-mails)."""

    id: str
    contact_id: str
    episode: int
    decided_at: datetime
    revision: str
    facts: Facts
    fit: int
    engagement: int
    score: int
    grade: str
    segment: str
    rule: str
    rule_line: int
    outcome: Outcome
    status: str | None
    due_at: datetime | None
    reason: str
    """One sentence for the record, in the policy's language."""
    shares: tuple[Share, ...] = ()
    away: tuple[Share, ...] = ()
    """The shares of reps who missed the lead only because of time off, in a team with `catch_up`."""
    passed_over: tuple[PassedOver, ...] = ()
    book_changes: Mapping[str, int] = field(default_factory=dict)
    """The amounts that the commit adds to the fields of the share book."""
    lead_value: LeadValue = ONE_LEAD
    """The lead's value in its team's shares."""
    mode: Literal["live", "shadow"] = "live"
    """In shadow mode the decision is recorded and never written to HubSpot."""
    inputs: Inputs | None = None
    """Everything else that the decision depended on; only stored decisions have it."""

    @property
    def owner_id(self) -> str:
        """The HubSpot owner who gets the lead; "" for nobody."""
        return self.outcome.owner_id if isinstance(self.outcome, Assigned) else ""

    @property
    def paid(self) -> Mapping[str, int]:
        """What a refund of this decision takes back, see `paid_alone`; only stored decisions know it."""
        return paid_alone(self.book_changes, self.inputs.trigger if self.inputs else None)

    @property
    def earned_away(self) -> tuple[Share, ...]:
        """The shares in `away` that earned their part of the lead: `paid` has their credit field."""
        if not self.away or not isinstance(self.outcome, Assigned) or self.outcome.team is None:
            return ()
        team, unit, paid = self.outcome.team, self.lead_value.unit, self.paid
        return tuple(share for share in self.away if credit_field(team, share.rep, unit) in paid)
