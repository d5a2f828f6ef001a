"""Who is next up in a team, and what that does to everybody's credit.

Accounting after the carpool problem (Fagin & Williams, "A fair carpool scheduling algorithm", IBM
J. Res. Dev. 27(2), 1983, p. 133): every lead pays each eligible rep their part of it, and whoever
gets it pays one lead. Choice by earliest deadline among those owed something, as in the chairman
assignment problem (Tijdeman, Discrete Math. 32, 1980, p. 323) and proportionate progress (Baruah et
al., Algorithmica 15, 1996, p. 600). With everyone eligible nobody is ever a whole lead away from
their fair share. All comparisons are between whole numbers, so every machine decides alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from router.policy.book import LEAD, Book, credit_field, last_field, served_field
from router.policy.decision import Share


def next_up(shares: Sequence[Share]) -> str:
    """The rep who gets the next lead; `shares` are the eligible reps in file order, at least one.

    Weights are positive. Among the reps whom this lead leaves owed something, the one whose next lead
    falls due first: the smallest (1 - credit) / part. If it leaves nobody owed, the largest credit.
    Ties: larger credit, then longest since the last lead, then file order. Raises ValueError when
    `shares` is empty.
    """
    if not shares:
        raise ValueError("Nobody is eligible: next_up needs at least one share.")
    total = sum(share.weight for share in shares)
    first = shares[0]
    first_credit = first.credit * total + first.weight * LEAD
    for share in shares[1:]:
        credit = share.credit * total + share.weight * LEAD
        if _comes_before(share, credit, first, first_credit, whole=LEAD * total):
            first, first_credit = share, credit
    return first.rep


def pay(shares: Sequence[Share], winner: str, *, team: str, book: Book) -> Mapping[str, int]:
    """What one lead given to `winner` adds to the book: credits (billionths, sum 0), `served` and `last`.

    Each eligible rep earns their part of the lead, rounded down; the billionths that rounding leaves
    over go to the winner, so that a team's credits always sum to exactly 0.
    """
    total = sum(share.weight for share in shares)
    changes = {credit_field(team, share.rep): share.weight * LEAD // total for share in shares}
    left_over = LEAD - sum(changes.values())
    changes[credit_field(team, winner)] += left_over - LEAD
    served = book.served(team) + 1
    changes[served_field(team)] = 1
    changes[last_field(team, winner)] = served - book.last(team, winner)
    return changes


def _comes_before(share: Share, credit: int, other: Share, other_credit: int, *, whole: int) -> bool:
    """Whether `share` is served before `other`, which stands earlier in the file.

    Credits count this lead's part already and, like `whole` (one lead), are multiplied by the sum of weights.
    """
    if (credit > 0) != (other_credit > 0):
        return credit > 0
    if credit > 0:
        due, other_due = (whole - credit) * other.weight, (whole - other_credit) * share.weight
        if due != other_due:
            return due < other_due
    if credit != other_credit:
        return credit > other_credit
    return share.last < other.last
