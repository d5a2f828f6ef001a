"""Fast rotation: the next rep of a team, lead after lead, for a million leads.

Choices and accounts are those of `fair_share`, on plain lists: the payments of a lead come from
`fair_share.pay`, called once for each phase of the weights and cached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd
from typing import Final

from router.policy.decision.catch_up import earning
from router.policy.people.roster import CatchUp
from router.policy.shares.fair_share import DUST, next_up, pay
from router.policy.shares.lead_value import ONE_LEAD, points_of
from router.policy.shares.least_loaded import least_loaded
from router.policy.shares.share import Share
from router.policy.shares.share_book import LEAD, Book, credit_field, given_field, served_field

_TEAM: Final = "team"
_AWAY: Final = "away:"
"""The beginning of a name for an absent rep's place; no rep has it, as reps' names have no colon."""


class Balances:
    """One team's share book: `credits` (billionths) and `last` (served count), by place in file order.

    Where the team shares by value, `given` is the points of all its leads and `largest` of the most
    valuable lead.
    """

    __slots__ = ("credits", "given", "largest", "last", "served")

    def __init__(self, reps: int) -> None:
        self.credits = [0] * reps
        self.last = [0] * reps
        self.served = self.given = self.largest = 0


class FastRotation:
    """The rotation among the reps of a team who are eligible for one kind of lead.

    `places` are the reps' places in the team, ascending; `weights` are their weights, all positive.
    """

    __slots__ = ("_balances", "_first", "_others", "_paid", "_places", "_shares", "_total")

    def __init__(self, balances: Balances, *, places: Sequence[int], weights: Sequence[int]) -> None:
        # Only the ratio of the weights matters, and small numbers are multiplied faster.
        common = gcd(*weights)
        weights = [weight // common for weight in weights]
        self._balances = balances
        self._places = tuple(places)
        self._total = sum(weights)
        self._first, *self._others = [
            (number, place, weight, weight * LEAD)
            for number, (place, weight) in enumerate(zip(places, weights, strict=True))
        ]
        self._shares = [Share(str(number), weight, 0) for number, weight in enumerate(weights)]
        self._paid: dict[int, tuple[tuple[int, int], ...]] = {}

    def take(self, _score: int) -> tuple[int, int]:
        """Give one lead; returns the winner (number among the eligible reps) and the credit before it."""
        balances, total = self._balances, self._total
        owed, last = balances.credits, balances.last
        dust, whole = DUST * total, LEAD * total
        winner, best_place, best_weight, lot = self._first
        best = owed[best_place] * total + lot
        for number, place, weight, lot in self._others:
            credit = owed[place] * total + lot
            # `fair_share._comes_before`, with the same order of comparisons.
            if credit > dust:
                if best > dust:
                    later = (whole - credit) * best_weight - (whole - best) * weight
                    near = dust * (weight + best_weight)
                    if later > near:
                        continue
                    if later >= -near and (
                        best - credit > dust or (credit - best <= dust and last[place] >= last[best_place])
                    ):
                        continue
            elif best - credit > dust or (
                best > dust or (credit - best <= dust and last[place] >= last[best_place])
            ):
                continue
            winner, best_place, best_weight, best = number, place, weight, credit
        had = owed[best_place]
        served = balances.served
        paid = self._paid.get(served % total)
        if paid is None:
            paid = self._paid[served % total] = self._paid_in(served % total)
        for place, part in paid:
            owed[place] += part
        owed[best_place] -= LEAD
        balances.served = last[best_place] = served + 1
        return winner, had

    def _paid_in(self, phase: int) -> tuple[tuple[int, int], ...]:
        """The payment of a lead to each place (billionths); `phase` is leads served modulo total weight."""
        changes = pay(self._shares, "0", team=_TEAM, book=Book({served_field(_TEAM): phase}))
        parts = [changes[credit_field(_TEAM, share.rep)] for share in self._shares]
        parts[0] += LEAD
        return tuple(zip(self._places, parts, strict=True))


class SlowRotation:
    """A rotation for every kind of team, which calls `fair_share` and `least_loaded` for each lead.

    `reps` are the names of the eligible reps. `open_leads` gives a rep's number of open leads; None: fair
    share alone decides. `by_value`: shares are parts of the leads' points. `away` are the absent reps who
    may catch up, each as (place, weight).
    """

    __slots__ = (
        "_away",
        "_balances",
        "_by_value",
        "_catch_up",
        "_open_leads",
        "_places",
        "_reps",
        "_weights",
    )

    def __init__(
        self,
        balances: Balances,
        *,
        places: Sequence[int],
        weights: Sequence[int],
        reps: Sequence[str],
        by_value: bool,
        open_leads: Callable[[str], int] | None,
        catch_up: CatchUp | None,
        away: Sequence[tuple[int, int]],
    ) -> None:
        self._balances = balances
        self._places = tuple(places)
        self._weights = tuple(weights)
        self._reps = tuple(reps)
        self._by_value = by_value
        self._open_leads = open_leads
        self._catch_up = catch_up
        self._away = tuple(away)

    def take(self, score: int) -> tuple[int, int]:
        """Give one lead of this score (points); returns the same pair as `FastRotation.take`."""
        balances = self._balances
        lead_value = points_of(score, largest=balances.largest) if self._by_value else ONE_LEAD
        shares = [
            Share(rep, weight, balances.credits[place], balances.last[place])
            for rep, weight, place in zip(self._reps, self._weights, self._places, strict=True)
        ]
        away = [Share(_AWAY + str(place), weight, balances.credits[place]) for place, weight in self._away]
        earns = (
            earning(away, shares, catch_up=self._catch_up, lead_value=lead_value) if self._catch_up else ()
        )
        winner = (
            next_up(shares, lead_value=lead_value, away=away)
            if self._open_leads is None
            else least_loaded(
                shares, list(map(self._open_leads, self._reps)), lead_value=lead_value, away=away
            )
        )
        number = self._reps.index(winner)
        book = Book({served_field(_TEAM): balances.served, given_field(_TEAM): balances.given})
        changes = pay(shares, winner, team=_TEAM, book=book, lead_value=lead_value, earning=earns)
        for rep, place in zip(self._reps, self._places, strict=True):
            balances.credits[place] += changes[credit_field(_TEAM, rep, lead_value.unit)]
        for place, _weight in self._away:
            name = credit_field(_TEAM, _AWAY + str(place), lead_value.unit)
            balances.credits[place] += changes.get(name, 0)
        balances.served += 1
        balances.last[self._places[number]] = balances.served
        if self._by_value:
            balances.given += lead_value.value
            balances.largest = lead_value.largest
        return number, shares[number].credit
