"""The share of a rep in a team, and a credit in words."""

from __future__ import annotations

from msgspec import Struct

from router.policy.people.roster import Unit
from router.policy.shares.share_book import LEAD


class Share(Struct, frozen=True):
    """A rep's weight (thousandths) and credit (billionths) in a team, before this lead.

    The credit is in leads, or in points where the team shares by value. `last` is the team's count of
    leads served when the rep last got one (0: never); it breaks ties.
    """

    rep: str
    weight: int
    credit: int
    last: int = 0


def credit_in_words(credit: int, language: str, unit: Unit = "leads") -> str:
    """A credit in billionths as text: `+0.6` leads (`+0,6` in French), or `+46 points` in both languages."""
    if unit == "points":
        return f"{(credit + LEAD // 2) // LEAD:+d} points"
    tenths = (abs(credit) + 50_000_000) // 100_000_000
    sign = "" if tenths == 0 else "+" if credit > 0 else "-"
    return f"{sign}{tenths // 10}{',' if language == 'fr' else '.'}{tenths % 10}"
