"""What credit that a person grants costs the rest of the team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from router.policy.people.roster import Roster, Unit
from router.policy.shares.performance_weights import weights_in_force
from router.policy.shares.share_book import LEAD, Book, credit_field

MOST: Final[Mapping[Unit, int]] = {"leads": 100, "points": 10_000}
"""A grant is of so much at most, either way: more is a typing error."""

_EMPTY: Final = Book()


class CannotGrant(Exception):
    """The grant makes no sense; the message names the reason and the way out."""


def granted(roster: Roster, *, team: str, rep: str, amount: int, book: Book = _EMPTY) -> Mapping[str, int]:
    """What a grant of so much adds to the book: credits of the team, sum exactly 0.

    `amount` is in billionths of the team's unit. The others pay by the weight that
    is in force by the `book`, the billionths that rounding
    leaves over by the first of the file; a negative amount is taken from the rep and given to the others
    likewise. Raises `CannotGrant`.
    """
    if team not in roster.teams:
        known = ", ".join(roster.teams)
        raise CannotGrant(f"team.yaml: there is no team '{team}'. The teams are: {known}.")
    reps, unit = roster.teams[team].reps, roster.teams[team].unit
    if amount == 0 or abs(amount) > MOST[unit] * LEAD:
        raise CannotGrant(f"A credit is between -{MOST[unit]} and +{MOST[unit]} {unit}, and not 0.")
    if rep not in reps:
        raise CannotGrant(f"team.yaml: '{rep}' is not in the team '{team}', which has: {', '.join(reps)}.")
    weights = weights_in_force(roster, team, book)
    payers = {name: weight for name, weight in weights.items() if name != rep and weight > 0}
    if not payers:
        raise CannotGrant(f"team.yaml: nobody else in '{team}' has a weight, so nobody could pay the credit.")
    total = sum(payers.values())
    pays = [abs(amount) * weight // total for weight in payers.values()]
    for place in range(abs(amount) - sum(pays)):
        pays[place] += 1
    sign = 1 if amount > 0 else -1
    changes = {
        credit_field(team, payer, unit): -sign * paid
        for payer, paid in zip(payers, pays, strict=True)
        if paid
    }
    return {credit_field(team, rep, unit): amount, **changes}
