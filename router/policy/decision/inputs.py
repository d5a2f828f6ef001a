"""What a decision depended on besides its facts and its rules, so that it can be computed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from router.policy.decision.compiled import compile_policy
from router.policy.decision.trigger import Reassigned, ToOwner, Trigger
from router.policy.leads.catalog import Owner
from router.policy.people.availability import Reported
from router.policy.rules.affinity import Remembered
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import Book

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OwnerSeen:
    """A HubSpot owner as the decision saw them; names and e-mail addresses are left out."""

    id: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """The fields of the book that were looked at (those that are 0 left out), owners, and who was excluded.

    `reps` are the owners by rep name; a rep who was looked up and had none is absent. `account_owner` is
    the owner of the lead's company, or whom it was to be reassigned to, when they are no rep of ours, and
    `previous_owner` likewise whoever had the contact before.
    `reported` is what was known of the availability of the reps that the decision looked at, if known.
    """

    book: Mapping[str, int] = field(default_factory=dict)
    reps: Mapping[str, OwnerSeen] = field(default_factory=dict)
    account_owner: OwnerSeen | None = None
    previous_owner: OwnerSeen | None = None
    excluded: frozenset[str] = frozenset()
    reported: Mapping[str, Reported] = field(default_factory=dict)
    remembered: tuple[Remembered, ...] = ()
    """Who had the last leads of the same company, as the commit found it."""
    trigger: Trigger | None = None
    """Why it was decided once more; None: the lead was new."""

    def book_again(self) -> Book:
        """The book of shares as far as the decision looked at it."""
        return Book(self.book)

    def owners_again(self, policy: Policy) -> dict[str, Owner]:
        """The owners by lower-case e-mail, which the reps of the policy have; another's stands for itself."""
        known = {
            policy.roster.reps[rep].owner.lower(): seen
            for rep, seen in self.reps.items()
            if rep in policy.roster.reps
        }
        for other in (self.account_owner, self.previous_owner):
            if other is not None:
                known[f"owner {other.id}"] = other
        return {email: Owner(seen.id, email, "", seen.archived) for email, seen in known.items()}


class Watched(Mapping[str, T]):
    """A mapping that remembers what it was asked for by name; going through all of it leaves no trace."""

    def __init__(self, whole: Mapping[str, T]) -> None:
        self._whole = whole
        self.asked_for: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        found = self.asked_for[name] = self._whole[name]
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The value of that name, or the default; no value is None."""
        found = self._whole.get(name)
        if found is None:
            return default
        self.asked_for[name] = found
        return found

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    def values(self) -> Any:
        """Every value, without noting that it was seen."""
        return self._whole.values()


def inputs_seen(
    book: Watched[int],
    owners: Watched[Owner],
    *,
    policy: Policy,
    account_owner: object,
    previous_owner: object = None,
    excluded: frozenset[str],
    reported: Watched[Reported] | None = None,
    remembered: tuple[Remembered, ...] = (),
    trigger: Trigger | None = None,
) -> Inputs:
    """What the decision looked at; `account_owner` and `previous_owner` are ids that the facts may name."""
    rep_of = compile_policy(policy).rep_of_email
    reps = {rep_of[email]: owner for email, owner in owners.asked_for.items() if email in rep_of}
    others: list[OwnerSeen | None] = []
    account = _asked_for(owners, trigger) or _owner_of(owners, account_owner)
    for followed in (account, _owner_of(owners, previous_owner)):
        rep = None if followed is None else rep_of.get(followed.email.lower())
        if followed is not None and rep is not None:
            reps[rep] = followed
        is_other = followed is not None and rep is None
        others.append(OwnerSeen(followed.id, followed.archived) if followed and is_other else None)
    return Inputs(
        book={name: count for name, count in book.asked_for.items() if count},
        reps={rep: OwnerSeen(owner.id, owner.archived) for rep, owner in sorted(reps.items())},
        account_owner=others[0],
        previous_owner=others[1],
        excluded=excluded,
        reported={} if reported is None else dict(sorted(reported.asked_for.items())),
        remembered=remembered,
        trigger=trigger,
    )


def _owner_of(owners: Mapping[str, Owner], named: object) -> Owner | None:
    return None if named is None else next((one for one in owners.values() if one.id == named), None)


def _asked_for(owners: Watched[Owner], trigger: Trigger | None) -> Owner | None:
    """The active owner whom a reassignment names."""
    if not isinstance(trigger, Reassigned) or not isinstance(trigger.to, ToOwner):
        return None
    wanted = trigger.to.owner_id
    return next((owner for owner in owners.values() if owner.id == wanted and not owner.archived), None)
