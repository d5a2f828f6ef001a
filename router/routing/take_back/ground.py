"""What is the same for all leads of a plan: rules, owners, who is away, and why leads are taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from router.policy.availability import Said
from router.policy.book import Book
from router.policy.catalog import Owner
from router.policy.rules import Policy
from router.routing.desk import Desk
from router.routing.owners import reps_by_owner
from router.routing.record import record

Kind = Literal["undo", "reroute"]


class CannotTakeBack(Exception):
    """There is nothing that could be taken back; the message names the reason and the way out."""


@dataclass(slots=True)
class Ground:
    """What is the same for all leads of a plan; the book changes with each lead that would move."""

    policy: Policy
    owners: Mapping[str, Owner]
    said: Mapping[str, Said]
    names: Mapping[str, str]
    reps: Mapping[str, str]
    now: datetime
    book: Book
    kind: Kind
    run: str
    why: str


def ground_of(desk: Desk, policy: Policy, *, kind: Kind, name: str, why: str) -> Ground:
    """The ground of a plan, with everything that the ledger can know; `name` is the revision or the rule.

    Raises `CannotTakeBack` in shadow mode, and what HubSpot, Redis and the ledger raise.
    """
    if policy.mode == "shadow":
        raise CannotTakeBack("The rules are in shadow mode, which writes nothing to HubSpot.")
    record(desk)  # what was decided a moment ago
    now, owners = desk.clock(), desk.owners.refresh()
    reps = reps_by_owner(owners, policy.roster)
    return Ground(
        policy=policy,
        owners=owners,
        said=desk.availability.said(policy.roster, owners, now=now),
        names={owner.id: owner.name for owner in owners.values()} | reps,
        reps=reps,
        now=now,
        book=Book(desk.commits.read_book()[0]),
        kind=kind,
        run=f"{kind} {name} {now:%Y-%m-%dT%H:%M:%SZ}",
        why=why,
    )
