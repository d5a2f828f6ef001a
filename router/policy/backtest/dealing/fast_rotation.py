"""Whose turn is it, lead after lead, in a team that deals out a million?

The same choice and the same accounts as `rotation` keeps, on plain lists: what a lead pays to
everybody is asked from `rotation.pay` once for each phase of the weights, and remembered.
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
"""Before the place of somebody who is away: no rep's name, as those hold no colon."""


class Balances:
    """One team's book of shares: by place in its file order, billionths owed, and the last turn.

    `given` and `largest` are the points of all its leads and of the most valuable, where value counts.
    """

    __slots__ = ("credits", "given", "largest", "last", "served")

    def __init__(self, reps: int) -> None:
        self.credits = [0] * reps
        self.last = [0] * reps
        self.served = self.given = self.largest = 0


class FastRotation:
    """The turns among some reps of a team: those eligible for one kind of lead.

    `places` are theirs in the team, ascending, and `weights` their parts, all positive.
    """

    __slots__ = ("_first", "_others", "_paid", "_places", "_shares", "_standings", "_total")

    def __init__(self, standings: Balances, *, places: Sequence[int], weights: Sequence[int]) -> None:
        # Only the ratio of weights counts, and small numbers are multiplied faster.
        common = gcd(*weights)
        weights = [weight // common for weight in weights]
        self._standings = standings
        self._places = tuple(places)
        self._total = sum(weights)
        self._first, *self._others = [
            (number, place, weight, weight * LEAD)
            for number, (place, weight) in enumerate(zip(places, weights, strict=True))
        ]
        self._shares = [Share(str(number), weight, 0) for number, weight in enumerate(weights)]
        self._paid: dict[int, tuple[tuple[int, int], ...]] = {}

    def take(self, _score: int) -> tuple[int, int]:
        """Give one lead: who gets it (number among the eligible), and the credit they had before."""
        standings, total = self._standings, self._total
        owed, last = standings.credits, standings.last
        dust, whole = DUST * total, LEAD * total
        winner, best_place, best_weight, lot = self._first
        best = owed[best_place] * total + lot
        for number, place, weight, lot in self._others:
            credit = owed[place] * total + lot
            # `rotation._comes_before`, in the same order of questions.
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
        served = standings.served
        paid = self._paid.get(served % total)
        if paid is None:
            paid = self._paid[served % total] = self._paid_in(served % total)
        for place, part in paid:
            owed[place] += part
        owed[best_place] -= LEAD
        standings.served = last[best_place] = served + 1
        return winner, had

    def _paid_in(self, phase: int) -> tuple[tuple[int, int], ...]:
        """What a lead pays to each place, after so many leads modulo the sum of weights."""
        changes = pay(self._shares, "0", team=_TEAM, book=Book({served_field(_TEAM): phase}))
        parts = [changes[credit_field(_TEAM, share.rep)] for share in self._shares]
        parts[0] += LEAD
        return tuple(zip(self._places, parts, strict=True))


class SlowRotation:
    """A rotation for every kind of team: `fair_share` and `least_loaded` are asked for each lead.

    `reps` are the names of those eligible. `open_leads` tells how many a rep has open; None: their fair
    share decides alone. `by_value`: everybody's part is of the leads' points. `away` are those who may
    catch up, each by place and weight.
    """

    __slots__ = (
        "_away",
        "_by_value",
        "_catch_up",
        "_open_leads",
        "_places",
        "_reps",
        "_standings",
        "_weights",
    )

    def __init__(
        self,
        standings: Balances,
        *,
        places: Sequence[int],
        weights: Sequence[int],
        reps: Sequence[str],
        by_value: bool,
        open_leads: Callable[[str], int] | None,
        catch_up: CatchUp | None,
        away: Sequence[tuple[int, int]],
    ) -> None:
        self._standings = standings
        self._places = tuple(places)
        self._weights = tuple(weights)
        self._reps = tuple(reps)
        self._by_value = by_value
        self._open_leads = open_leads
        self._catch_up = catch_up
        self._away = tuple(away)

    def take(self, score: int) -> tuple[int, int]:
        """Give one lead: who gets it (number among the eligible), and the credit they had before."""
        standings = self._standings
        lead_value = points_of(score, largest=standings.largest) if self._by_value else ONE_LEAD
        shares = [
            Share(rep, weight, standings.credits[place], standings.last[place])
            for rep, weight, place in zip(self._reps, self._weights, self._places, strict=True)
        ]
        away = [Share(_AWAY + str(place), weight, standings.credits[place]) for place, weight in self._away]
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
        book = Book({served_field(_TEAM): standings.served, given_field(_TEAM): standings.given})
        changes = pay(shares, winner, team=_TEAM, book=book, lead_value=lead_value, earning=earns)
        for rep, place in zip(self._reps, self._places, strict=True):
            standings.credits[place] += changes[credit_field(_TEAM, rep, lead_value.unit)]
        for place, _weight in self._away:
            name = credit_field(_TEAM, _AWAY + str(place), lead_value.unit)
            standings.credits[place] += changes.get(name, 0)
        standings.served += 1
        standings.last[self._places[number]] = standings.served
        if self._by_value:
            standings.given += lead_value.value
            standings.largest = lead_value.largest
        return number, shares[number].credit
