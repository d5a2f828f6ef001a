"""The inputs of a decision, recorded while it is made, so that it can be computed again."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from msgspec import Struct, field

from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.trigger import Reassigned, ToOwner, Trigger
from router.policy.leads.catalog import Owner
from router.policy.leads.lead import Facts
from router.policy.leads.settle import Settled
from router.policy.people.availability import Reported
from router.policy.people.calendar import Calendar
from router.policy.rules.affinity import Remembered
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import Book, today_field

T = TypeVar("T")


class World(Struct, frozen=True):
    """The state in which leads are decided: shares, owners and availability at `now` (aware UTC).

    `owners`: the portal's owners by lower-case e-mail. `reported`: each rep's availability from HubSpot and
    overrides, by rep name.
    """

    book: Book
    owners: Mapping[str, Owner]
    now: datetime
    reported: Mapping[str, Reported] = field(default_factory=dict)
    caches: dict[int, WorldCache] = field(default_factory=dict)
    """See `cache_of`."""

    def cache_of(self, compiled: CompiledPolicy) -> WorldCache:
        """The values that this policy gives to every lead of this world; each is computed once."""
        cache = self.caches.get(id(compiled))
        if cache is None:
            cache = self.caches[id(compiled)] = WorldCache(compiled, self.now)
        return cache


class WorldCache:
    """What is the same for all leads that one policy decides in one world, such as those of a batch."""

    __slots__ = ("absences", "calendars", "compiled", "due", "openings", "seal", "today", "today_prefix")

    def __init__(self, compiled: CompiledPolicy, now: datetime) -> None:
        self.compiled = compiled
        self.today = compiled.policy.roster.day_of(now)
        """The day of `now` in the roster's time zone."""
        self.today_prefix = today_field(self.today, "")
        """The beginning of the field that counts a rep's leads of today; the rep's name follows it."""
        self.seal = _seal(f"{compiled.policy.revision}|{now.isoformat()}")
        """The last part of the ids of decisions: eight hexadecimal digits."""
        self.calendars: dict[str, Calendar] = {}
        """The calendar of each reported rep, by rep name."""
        self.absences: dict[str, str | None] = {}
        """The reason why a rep is away, or None, by rep name."""
        self.openings: dict[Hashable, datetime | None] = {}
        """The next working minute (aware UTC) by week key; None: none within two years."""
        self.due: dict[tuple[Hashable, timedelta], datetime | None] = {}
        """The due time (aware UTC) by week key and SLA; None: beyond two years."""


class DecisionRequest(Struct, frozen=True):
    """One lead to decide. `excluded`: rep names or owner ids that must not get the lead.

    `remembered`: the owners of the same company's last leads. `trigger`: None for a new lead. `settled`: its
    wait for late facts, None if it did not wait and nothing is open.
    """

    contact_id: str
    episode: int = 0
    excluded: frozenset[str] = frozenset()
    remembered: tuple[Remembered, ...] = ()
    trigger: Trigger | None = None
    settled: Settled | None = None


class OwnerSeen(Struct, frozen=True):
    """A HubSpot owner as the decision read it; names and e-mail addresses are left out."""

    id: str
    archived: bool = False


class Inputs(Struct, frozen=True):
    """Everything that a decision depended on, besides its facts and rules.

    `book`: the fields that were read and are not 0. `reps`: owners by rep name; a rep without an owner is
    absent. `account_owner`: the company's owner (or the owner that a reassignment names) if not in
    team.yaml; `previous_owner`: the contact's earlier owner, likewise. `reported`: availability of each rep
    that the decision looked up, if known.
    """

    book: Mapping[str, int] = field(default_factory=dict)
    reps: Mapping[str, OwnerSeen] = field(default_factory=dict)
    account_owner: OwnerSeen | None = None
    previous_owner: OwnerSeen | None = None
    excluded: frozenset[str] = frozenset()
    reported: Mapping[str, Reported] = field(default_factory=dict)
    remembered: tuple[Remembered, ...] = ()
    """Owners of the last leads of the same company, as the commit found them."""
    trigger: Trigger | None = None
    """The trigger of a second decision; None: the lead was new."""
    settled: Settled | None = None
    """The wait for late facts; it changes no decision."""

    def world_again(self, policy: Policy, *, now: datetime) -> World:
        """The world, as far as the decision read it, at `now` (aware UTC)."""
        return World(Book(self.book), self._owners_again(policy), now, self.reported)

    def request_again(self, contact_id: str, *, episode: int) -> DecisionRequest:
        """The request that the decision answered."""
        return DecisionRequest(
            contact_id, episode, self.excluded, self.remembered, self.trigger, self.settled
        )

    def _owners_again(self, policy: Policy) -> dict[str, Owner]:
        """Owners by lower-case e-mail; an owner who is not in team.yaml is keyed by `owner <id>`."""
        known = {
            policy.roster.reps[rep].owner.lower(): seen
            for rep, seen in self.reps.items()
            if rep in policy.roster.reps
        }
        for other in (self.account_owner, self.previous_owner):
            if other is not None:
                known[f"owner {other.id}"] = other
        return {email: Owner(seen.id, email, "", seen.archived) for email, seen in known.items()}


class NotedWorld:
    """A world that records which of its values a decision reads."""

    __slots__ = ("_book", "_owners", "_reported", "world")

    def __init__(self, world: World) -> None:
        self._book = _Noted(world.book.fields)
        self._owners = _Noted(world.owners)
        # Mostly nothing is reported, and then there is nothing to note.
        self._reported = _Noted(world.reported) if world.reported else None
        reported = self._reported or world.reported
        self.world = World(Book(self._book), self._owners, world.now, reported, world.caches)

    def inputs(self, compiled: CompiledPolicy, facts: Facts, request: DecisionRequest) -> Inputs:
        """The values that the decision read, for storing with it."""
        rep_of, owners = compiled.rep_of_email, self._owners
        reps = {rep_of[email]: owner for email, owner in owners.read.items() if email in rep_of}
        account = _named_by(request.trigger, owners) or _owner_of(owners, facts.get("account_owner"))
        previous = _owner_of(owners, facts.get("previous_owner"))
        others: list[OwnerSeen | None] = []
        for owner in (account, previous):
            rep = None if owner is None else rep_of.get(owner.email.lower())
            if owner is not None and rep is not None:
                reps[rep] = owner
            others.append(None if owner is None or rep is not None else _seen(owner.id, owner.archived))
        return Inputs(
            book={name: count for name, count in self._book.read.items() if count},
            reps={rep: _seen(reps[rep].id, reps[rep].archived) for rep in sorted(reps)},
            account_owner=others[0],
            previous_owner=others[1],
            excluded=request.excluded,
            reported={} if self._reported is None else dict(sorted(self._reported.read.items())),
            remembered=request.remembered,
            trigger=request.trigger,
            settled=request.settled,
        )


@lru_cache(maxsize=1024)
def _seen(owner_id: str, archived: bool) -> OwnerSeen:
    """The owner as seen; one value for all decisions, because it never changes."""
    return OwnerSeen(owner_id, archived)


class _Noted(Mapping[str, T]):
    """A mapping that records the values read by name; iterating over it records nothing."""

    __slots__ = ("_whole", "read")

    def __init__(self, whole: Mapping[str, T]) -> None:
        self._whole = whole
        self.read: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        found = self.read[name] = self._whole[name]
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The value of that name, recorded as read, or the default. Stored values are never None."""
        found = self._whole.get(name)
        if found is None:
            return default
        self.read[name] = found
        return found

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    def values(self) -> Any:
        """All values, without recording them as read."""
        return self._whole.values()


def _seal(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _owner_of(owners: Mapping[str, Owner], owner_id: object) -> Owner | None:
    if owner_id is None:
        return None
    return next((one for one in owners.values() if one.id == owner_id), None)


def _named_by(trigger: Trigger | None, owners: Mapping[str, Owner]) -> Owner | None:
    """The active owner that a reassignment names, or None."""
    if not isinstance(trigger, Reassigned) or not isinstance(trigger.to, ToOwner):
        return None
    wanted = trigger.to.owner_id
    return next((owner for owner in owners.values() if owner.id == wanted and not owner.archived), None)
