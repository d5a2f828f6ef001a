"""Who is next up in a team, and what that does to everybody's credit.

Accounting after the carpool problem (Fagin & Williams, "A fair carpool scheduling algorithm", IBM
J. Res. Dev. 27(2), 1983, p. 133): every lead pays each eligible rep their part of it, and whoever
gets it pays one lead. Choice by earliest deadline among those owed something, as in the chairman
assignment problem (Tijdeman, Discrete Math. 32, 1980, p. 323) and proportionate progress (Baruah et
al., Algorithmica 15, 1996, p. 600). With everyone eligible nobody is ever a whole lead away from
their fair share; where leads differ in worth, nobody is more than the largest of them away (measured, not
proved). All comparisons are between whole numbers, so every machine decides alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from router.policy.shares.lead_value import ONE_LEAD, LeadValue
from router.policy.shares.share import Share
from router.policy.shares.share_book import (
    LEAD,
    Book,
    credit_field,
    given_field,
    largest_field,
    last_field,
    served_field,
)

DUST: Final = 10
"""Billionths of a lead that may come from rounding: credits this near to each other are equal.

Rounding never moves a credit by more than 2 while the same reps are eligible; true differences are
above 10 for any weights of 1 to 1000 and 50 reps, so dust breaks no tie and hides no difference.
"""


def next_up(
    shares: Sequence[Share],
    *,
    among: Sequence[Share] = (),
    lead_value: LeadValue = ONE_LEAD,
    away: Sequence[Share] = (),
) -> str:
    """The rep who gets the next lead; `shares` are the eligible reps in file order, at least one.

    Weights are positive. Among the reps whom this lead leaves owed something, the one whose next lead
    falls due first: the smallest (1 - credit) / part; where leads differ in `lead_value`, the largest so far
    stands for the 1. If it leaves nobody owed, the largest credit.
    Ties: larger credit, then longest since the last lead, then file order. `among` are those of the
    shares, in the same order, who may win; all of them by default. What those `away` are owed for it is
    carried by the others by weight, so that it changes nothing among them. Raises ValueError when `shares`
    is empty.
    """
    if not shares:
        raise ValueError("Nobody is eligible: next_up needs at least one share.")
    total = sum([share.weight for share in shares])
    first, *others = among or shares
    lot, whole = (
        lead_value.value * LEAD + sum([share.credit for share in away]),
        lead_value.largest * LEAD * total,
    )
    first_credit = first.credit * total + first.weight * lot
    for share in others:
        credit = share.credit * total + share.weight * lot
        if _comes_before(share, credit, first, first_credit, total=total, whole=whole):
            first, first_credit = share, credit
    return first.rep


def pay(
    shares: Sequence[Share],
    winner: str,
    *,
    team: str,
    book: Book,
    lead_value: LeadValue = ONE_LEAD,
    earning: Sequence[Share] = (),
) -> Mapping[str, int]:
    """What one lead given to `winner` adds to the book: credits (billionths, sum 0), `served` and `last`.

    Parts are rounded as sums over all that was given, not lead by lead, so that rounding never adds up;
    the billionths it leaves over go to the first reps of the file, one each. Credits sum to exactly 0.
    Those `earning` are away, and get their part like the others.
    """
    everyone = (*shares, *earning)
    served = book.served(team)
    given = served if lead_value.unit == "leads" else book.given(team)
    before, after = _earned_by(given, everyone), _earned_by(given + lead_value.value, everyone)
    credit_of = credit_field(team, "", lead_value.unit)
    changes = {
        f"{credit_of}{share.rep}": after[place] - before[place] for place, share in enumerate(everyone)
    }
    changes[f"{credit_of}{winner}"] -= lead_value.value * LEAD
    changes[served_field(team)] = 1
    changes[last_field(team, winner)] = served + 1 - book.last(team, winner)
    if lead_value.unit == "points":
        changes[given_field(team)] = lead_value.value
        changes[largest_field(team)] = lead_value.largest - book.largest(team)
    return changes


def _earned_by(given: int, shares: Sequence[Share]) -> list[int]:
    """What each rep would have earned of all that was given (billionths); sums to exactly that."""
    total = sum([share.weight for share in shares])
    pot = given * LEAD
    earned = [share.weight * pot // total for share in shares]
    for place in range(pot - sum(earned)):
        earned[place] += 1
    return earned


def _comes_before(
    share: Share, credit: int, other: Share, other_credit: int, *, total: int, whole: int
) -> bool:
    """Whether `share` is served before `other`, which stands earlier in the file.

    Both credits count this lead's part already and are multiplied by `total`, the sum of weights, as is
    `whole`, the largest lead.
    """
    dust = DUST * total
    is_owed = credit > dust
    if is_owed != (other_credit > dust):
        return is_owed
    if is_owed:
        later = (whole - credit) * other.weight - (whole - other_credit) * share.weight
        if abs(later) > dust * (share.weight + other.weight):
            return later < 0
    if abs(credit - other_credit) > dust:
        return credit > other_credit
    return share.last < other.last
