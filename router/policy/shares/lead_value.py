"""The value of a lead in its team's shares: one lead, or its points."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from router.policy.people.roster import Unit


class LeadValue(Struct, frozen=True):
    """A lead's `value` in the team's unit (1 or more), and the `largest` so far, this lead included."""

    unit: Unit = "leads"
    value: int = 1
    largest: int = 1


ONE_LEAD: Final = LeadValue()
"""The value of every lead in a team that counts leads."""


def points_of(score: int, *, largest: int) -> LeadValue:
    """The value of a lead with this score, in points; `largest` is of earlier leads, 0 for none.

    The value is at least 1 point: a rep who gets a lead without points still pays for it.
    """
    value = max(score, 1)
    return LeadValue("points", value, max(value, largest))
