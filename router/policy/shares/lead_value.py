"""What one lead counts for in its team's shares: one lead, or its points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from router.policy.people.roster import Unit


@dataclass(frozen=True, slots=True)
class LeadValue:
    """A lead's `value` in its team's unit, 1 or more, and the `largest` the team has seen, it included."""

    unit: Unit = "leads"
    value: int = 1
    largest: int = 1


ONE_LEAD: Final = LeadValue()
"""Where leads are only counted, each is worth as much as any other."""


def points_of(score: int, *, largest: int) -> LeadValue:
    """A lead of this score where points are shared out; `largest` is of those before it, 0 for none.

    No lead is worth less than 1 point: whoever gets one without points has still had a turn.
    """
    value = max(score, 1)
    return LeadValue("points", value, max(value, largest))
