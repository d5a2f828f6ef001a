"""Changes by people in HubSpot's pages, above all between an app's read and its write."""

import random
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from router.plain import as_plain
from router.sandbox.clock import now_ms
from router.sandbox.crm.records import Record, Source


class HumanChoice(Struct, frozen=True):
    """An owner that a person chose, and when."""

    contact: str
    owner: str
    at_ms: float
    when: str
    """`now`: at the request of a test; `between`: after the app's read and before its write."""


@dataclass(slots=True)
class Overtaking:
    """How often a person changes the owner between a read and a write: a probability, or a count."""

    rate: float = 0.0
    next: int = 0
    owner: str | None = None
    of: frozenset[str] = frozenset()
    """The only contacts that people take an interest in; empty for all."""
    chance: random.Random = field(default_factory=lambda: random.Random(0))

    def happens(self, contact: str) -> bool:
        """True when a person is faster this time, for this contact."""
        if self.of and contact not in self.of:
            return False
        if self.next > 0:
            self.next -= 1
            return True
        return self.rate > 0 and self.chance.random() < self.rate

    def choose(self, owners: list[str], *, not_this: str) -> str:
        """The owner that the person chooses: a given one, else any owner but the app's choice."""
        if self.owner is not None:
            return self.owner
        return self.chance.choice([owner for owner in owners if owner != not_this])


class Humans:
    """The people of the portal, and the list of the owners they chose."""

    def __init__(self) -> None:
        self.overtaking = Overtaking()
        self.choices: list[HumanChoice] = []

    def source(self, user_id: int) -> Source:
        """The person's name in the history of an edit in HubSpot's pages."""
        return Source("CRM_UI", f"userId:{user_id}", user_id=user_id)

    def chose(self, record: Record, owner: str, *, when: str) -> None:
        """Add a choice of owner to the list."""
        self.choices.append(HumanChoice(record.id, owner, float(now_ms()), when))

    def overtakes(self, record: Record, new_owner: str, *, owners: list[str]) -> str | None:
        """The owner that a person sets just before this write, or None. At most once per contact."""
        if not new_owner or not record.was_read or record.was_overtaken:
            return None
        if not self.overtaking.happens(record.id):
            return None
        chosen = self.overtaking.choose(owners, not_this=new_owner)
        if chosen in (new_owner, record.properties.get("hubspot_owner_id")):
            return None
        record.was_overtaken = True
        return chosen

    def shown(self) -> list[dict[str, Any]]:
        """Every choice, in order, as `GET /sandbox/human` answers it."""
        return [as_plain(choice) for choice in self.choices]
