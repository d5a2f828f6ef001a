"""Credit grants: the change of every credit in a team when a person grants credit to a rep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from router.policy.people.roster import Roster, Unit
from router.policy.shares.performance_weights import weights_in_force
from router.policy.shares.share_book import LEAD, Book, credit_field

MOST: Final[Mapping[Unit, int]] = {"leads": 100, "points": 10_000}
"""Largest grant in either direction, in the team's unit; a larger one is a typing error."""

_EMPTY: Final = Book()


class CannotGrant(Exception):
    """The grant is impossible; the message names the reason and the way out."""


def granted(roster: Roster, *, team: str, rep: str, amount: int, book: Book = _EMPTY) -> Mapping[str, int]:
    """The book changes of a grant to `rep`: credits of the team, with a sum of exactly 0.

    `amount` is in billionths of the team's unit. The other reps pay in proportion to their weights in force
    by the `book`; the billionths left over by rounding are paid by the first of them in file order. A
    negative amount is taken from the rep and given to the others in the same way.

    Raises `CannotGrant` when the team or rep is unknown, the amount is 0 or too large, or nobody could pay.
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
