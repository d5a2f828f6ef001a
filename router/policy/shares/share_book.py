"""What every rep has been given so far: the book of shares, as flat whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from router.policy.people.roster import Unit

LEAD = 1_000_000_000
"""One lead (or one point, where points are shared out), in the billionths that credits are counted in."""
ALL_ELIGIBLE: Final = 1
"""Leads that nobody is away from their fair share by, if the same reps were eligible from the first on."""
BOUND: Final = 2
"""Leads that nobody should be away from their fair share by, whoever is eligible when."""


def credit_field(team: str, rep: str, unit: Unit = "leads") -> str:
    """Field: what the rep is owed by the team, in billionths of the unit; a team's credits sum to 0.

    Each unit has accounts of its own, so a team that changes from one to the other loses neither.
    """
    return f"credit:{team}:{rep}" if unit == "leads" else f"points:{team}:{rep}"


def open_field(rep: str) -> str:
    """Field: leads that the rep has open now."""
    return f"open:{rep}"


def today_field(day: date, rep: str) -> str:
    """Field: leads that the rep received on that day of the roster's time zone."""
    return f"today:{day.isoformat()}:{rep}"


def served_field(team: str) -> str:
    """Field: leads that the team's fair share has given so far."""
    return f"served:{team}"


def given_field(team: str) -> str:
    """Field: points that the team's leads were worth so far, where they are shared out by value."""
    return f"given:{team}"


def largest_field(team: str) -> str:
    """Field: points of the most valuable lead that the team has given by value."""
    return f"largest:{team}"


def last_field(team: str, rep: str) -> str:
    """Field: the team's count of leads served when the rep last got one; 0 means never."""
    return f"last:{team}:{rep}"


FACTORS = "factor:"
"""What the names of all factor fields begin with."""


def factor_field(team: str, rep: str) -> str:
    """Field: what results multiply the rep's weight by in the team, in thousandths; 0 is as 1000."""
    return f"{FACTORS}{team}:{rep}"


NOT_REFUNDED: Final = ("last:", "served:", "given:", "largest:")
"""Beginnings of fields that tell what a team has given: a lead that comes back was given all the same."""

PERMANENT: Final = ("credit:", "points:", FACTORS, *NOT_REFUNDED)
"""Beginnings of fields that live as long as their team; all others are of a day, or counted again."""


@dataclass(frozen=True, slots=True)
class Book:
    """The fields as the store keeps them; a missing field is 0."""

    fields: Mapping[str, int] = field(default_factory=dict)

    def value(self, name: str) -> int:
        """The whole number in a field."""
        return self.fields.get(name, 0)

    def credit(self, team: str, rep: str, unit: Unit = "leads") -> int:
        """Billionths of the unit owed to the rep by the team; negative when the rep is ahead."""
        return self.value(credit_field(team, rep, unit))

    def open_leads(self, rep: str) -> int:
        """Leads open with the rep."""
        return self.value(open_field(rep))

    def received_on(self, day: date, rep: str) -> int:
        """Leads the rep received on that local day."""
        return self.value(today_field(day, rep))

    def served(self, team: str) -> int:
        """Leads the team's fair share has given."""
        return self.value(served_field(team))

    def given(self, team: str) -> int:
        """Points that the team has given by value."""
        return self.value(given_field(team))

    def largest(self, team: str) -> int:
        """Points of the most valuable lead that the team has given by value; 0 before the first."""
        return self.value(largest_field(team))

    def last(self, team: str, rep: str) -> int:
        """The count of leads served when the rep last got one of the team's; 0 means never."""
        return self.value(last_field(team, rep))

    def apply(self, changes: Mapping[str, int]) -> Book:
        """A new book with the changes added; this one stays as it is."""
        fields = dict(self.fields)
        for name, change in changes.items():
            fields[name] = fields.get(name, 0) + change
        return Book(fields)


def received(rep: str, *, day: date) -> dict[str, int]:
    """The changes when the rep receives one lead on that local day, whichever way it came."""
    return {open_field(rep): 1, today_field(day, rep): 1}


def closed(rep: str) -> dict[str, int]:
    """The changes when one of the rep's leads is open no more (worked, lost or taken away)."""
    return {open_field(rep): -1}


def refund_of(paid: Mapping[str, int]) -> dict[str, int]:
    """The changes that take back what a decision added to the book."""
    return {name: -change for name, change in paid.items() if change and not name.startswith(NOT_REFUNDED)}
