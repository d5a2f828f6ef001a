"""Comparison of the owners that HubSpot gave leads with those that shadow mode would have given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from router.hubspot.api.gateway import Gateway
from router.hubspot.properties import OWNER
from router.ledger import Ledger
from router.ledger.sums.shadow import ShadowDecision, shadow_decisions
from router.routing.portal.live_rules import LiveRules
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.people import People

PER_CALL: Final = 100
NOBODY: Final = ""


class Pair(Struct, frozen=True):
    """One lead: the owner ids that HubSpot has and that we would have written; "" is nobody.

    `outcome` is ours (assigned, queued, nurtured, left_alone); so is `team`, None without one.
    """

    contact_id: str
    decided_at: str
    rule: str
    outcome: str
    team: str | None
    theirs: str
    ours: str

    @property
    def same(self) -> bool:
        """True if both chose the same owner, or nobody."""
        return self.theirs == self.ours


class ShadowComparison(Struct, frozen=True):
    """Every lead decided in shadow mode since a moment, and each owner's leads on both sides.

    `gone` leads were deleted since; `unread` are those that HubSpot did not answer for.
    """

    pairs: tuple[Pair, ...]
    names: Mapping[str, str]
    gone: int = 0
    unread: int = 0

    @property
    def same(self) -> int:
        """Number of leads that both gave to the same owner."""
        return sum(pair.same for pair in self.pairs)

    @property
    def agreement(self) -> float:
        """The share of leads that both gave to the same owner, 0..1; 1 where there are none."""
        return self.same / len(self.pairs) if self.pairs else 1.0

    @property
    def differences(self) -> tuple[Pair, ...]:
        """The leads that we would have given to another owner, first to last."""
        return tuple(pair for pair in self.pairs if not pair.same)

    def shares(self) -> tuple[tuple[str, int, int], ...]:
        """Owner id, number of leads from HubSpot, number from us; the largest of ours first."""
        theirs, ours = Counter(pair.theirs for pair in self.pairs), Counter(pair.ours for pair in self.pairs)
        owners = sorted(theirs.keys() | ours.keys(), key=lambda owner: (-ours[owner], -theirs[owner], owner))
        return tuple((owner, theirs[owner], ours[owner]) for owner in owners)

    def name(self, owner_id: str) -> str:
        """An owner's name: the rep's name in team.yaml, else the owner's id."""
        return "nobody" if owner_id == NOBODY else self.names.get(owner_id, f"owner {owner_id}")


def compare_leads(
    *, hubspot: Gateway, ledger: Ledger, rules: LiveRules, people: People, since: datetime
) -> ShadowComparison:
    """Read the present owners of all leads that shadow mode decided since then (100 per call).

    `since` is aware UTC. Raises `HubSpotError`, `redis.RedisError` or `sqlalchemy.exc.SQLAlchemyError`.
    """
    shadowed = {one.contact_id: one for one in shadow_decisions(ledger, since=since)}
    pairs: list[Pair] = []
    gone = unread = 0
    ids = list(shadowed)
    for start in range(0, len(ids), PER_CALL):
        answer = hubspot.read_contacts(ids[start : start + PER_CALL], (OWNER,), priority="sweep")
        pairs += [
            _pair(shadowed[contact_id], theirs=record.properties.get(OWNER) or NOBODY)
            for contact_id, record in answer.records.items()
        ]
        gone += sum(why == "gone" for why in answer.missing.values())
        unread += sum(why == "unknown" for why in answer.missing.values())
    pairs.sort(key=lambda pair: (pair.decided_at, pair.contact_id))
    return ShadowComparison(tuple(pairs), _names(shadowed.values(), rules=rules, people=people), gone, unread)


def _pair(decision: ShadowDecision, *, theirs: str) -> Pair:
    return Pair(
        contact_id=decision.contact_id,
        decided_at=decision.decided_at,
        rule=decision.rule,
        outcome=decision.outcome,
        team=decision.team,
        theirs=theirs,
        ours=decision.owner_id or NOBODY,
    )


def _names(decisions: Iterable[ShadowDecision], *, rules: LiveRules, people: People) -> dict[str, str]:
    """Names by owner id: the rep's name where the owner is a rep, else HubSpot's."""
    owners, live = people.owners.by_email(), rules.live
    names = {owner.id: owner.name or owner.id for owner in owners.values()}
    if live is not None:
        names |= reps_by_owner(owners, live.roster)
    for one in decisions:
        if one.rep and one.owner_id:
            names[one.owner_id] = one.rep
    return names
