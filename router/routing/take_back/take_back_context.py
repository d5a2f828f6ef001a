"""The context of a take-back plan: rules, owners, absences, and the reason for taking leads back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from router.policy.decision.compiled import CompiledPolicy
from router.policy.leads.catalog import Owner
from router.policy.people.availability import Reported
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import Book
from router.routing.outbox.record import record_outbox
from router.routing.portal.owners import reps_by_owner
from router.routing.portal.services import Services

Kind = Literal["undo", "reroute"]


class CannotTakeBack(Exception):
    """There is nothing that could be taken back; the message names the reason and the remedy."""


@dataclass(slots=True)
class TakeBackContext:
    """The facts that are the same for all leads of a plan; `book` changes with each lead that would move."""

    compiled: CompiledPolicy
    owners: Mapping[str, Owner]
    reported: Mapping[str, Reported]
    names: Mapping[str, str]
    reps: Mapping[str, str]
    now: datetime
    book: Book
    kind: Kind
    run: str
    why: str

    @property
    def policy(self) -> Policy:
        """The policy that decides."""
        return self.compiled.policy


def take_back_context(
    services: Services, compiled: CompiledPolicy, *, kind: Kind, name: str, why: str
) -> TakeBackContext:
    """The context of a plan, after the outbox is recorded; `name` is the revision or the rule.

    Raises `CannotTakeBack` in shadow mode, and what HubSpot, Redis and the ledger raise.
    """
    policy = compiled.policy
    if policy.mode == "shadow":
        raise CannotTakeBack("The rules are in shadow mode, which writes nothing to HubSpot.")
    record_outbox(services)  # includes decisions of a moment ago
    now, owners = services.clock(), services.people.owners.refresh()
    reps = reps_by_owner(owners, policy.roster)
    fields, _ = services.store.commits.read_book([policy.roster.day_of(now)])
    return TakeBackContext(
        compiled=compiled,
        owners=owners,
        reported=services.people.availability.reported(policy.roster, owners, now=now),
        names={owner.id: owner.name for owner in owners.values()} | reps,
        reps=reps,
        now=now,
        book=Book(fields),
        kind=kind,
        run=f"{kind} {name} {now:%Y-%m-%dT%H:%M:%SZ}",
        why=why,
    )
