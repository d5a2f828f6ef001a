"""What points and conditions can still become while some facts of a lead are open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import TypeAlias

from router.policy.leads.lead import Facts, Value
from router.policy.rules.conditions import Asking, Condition, tests_in
from router.policy.rules.normal_form import alternatives
from router.policy.rules.rule_index import Index
from router.policy.rules.scoring import Scorecard, clamped, tallying

Possible: TypeAlias = Mapping[str, Collection[Value | None]]
"""The values that a fact of the score can take while others are open, by fact; None: it can be missing."""


class PointsReach:
    """The points that a scorecard can give."""

    def __init__(self, card: Scorecard) -> None:
        self._card = card
        self._tally = tallying(card)
        spans = {table.fact: [line.points for line in table.lines] for table in card.tables}
        self._open = {fact: (min(0, *points), max(0, *points)) for fact, points in spans.items()}
        if card.use is not None:
            self._open[card.use] = (0, card.maximum)

    @property
    def facts(self) -> frozenset[str]:
        """The facts that give points."""
        return frozenset(self._open)

    def interval(self, facts: Facts, open_facts: Collection[str], now: datetime) -> tuple[int, int]:
        """The least and the most points at `now` (aware UTC), each from 0 to the card's maximum."""
        closed = sum(left for table, _, left in self._tally(facts, now) if table.fact not in open_facts)
        late = [span for fact, span in self._open.items() if fact in open_facts]
        low = closed + sum(least for least, _ in late)
        high = closed + sum(most for _, most in late)
        return clamped(low, self._card), clamped(high, self._card)


class ConditionReach:
    """Which of several conditions can be the first that holds, by the rule index.

    Each fact is taken by itself, as in Kleene's three-valued logic: a condition that is called sure holds.
    """

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._index = Index(conditions)
        self._naming: dict[str, int] = {}
        self._in_full: list[tuple[int, Asking, frozenset[str]]] = []
        self.names = tuple(frozenset(test.fact for test in tests_in(one)) for one in conditions)
        """The facts that each condition names."""
        bit = 1
        for condition, names in zip(conditions, self.names, strict=True):
            found = alternatives(condition)
            for questions in ((),) if found is None else found:
                holds = self._index.in_full[bit.bit_length() - 1]
                if holds is not None:
                    self._in_full.append((bit, holds, names))
                for fact in {one.fact for one in questions}:
                    self._naming[fact] = self._naming.get(fact, 0) | bit
                bit <<= 1

    def candidates(
        self, facts: Facts, open_facts: frozenset[str], possible: Possible, now: datetime
    ) -> tuple[int, ...]:
        """The places of the conditions that can be the first to hold at `now` (aware UTC), in order.

        `facts` are those that are known; one that is neither known, open nor `possible` is missing for good.
        """
        can = must = self._index.everything
        for fact, masks in self._index.columns:
            if fact in open_facts:
                must &= ~self._naming[fact]
            elif fact in possible:
                found = [masks[value] for value in possible[fact]]
                can, must = can & reduce(or_, found), must & reduce(and_, found)
            else:
                mask = masks[facts.get(fact)]
                can, must = can & mask, must & mask
        for fact, ages in self._index.ages:
            if fact in open_facts:
                must &= ~self._naming[fact]
            else:
                mask = ages.mask(facts.get(fact), now)
                can, must = can & mask, must & mask
        for bit, holds, names in self._in_full:
            if names & open_facts or not names.isdisjoint(possible):
                must &= ~bit
            elif not holds(facts, now):
                can, must = can & ~bit, must & ~bit
        return self._places(can, must)

    def _places(self, can: int, must: int) -> tuple[int, ...]:
        """The places of the possible bits, down to the first that is sure."""
        if must:
            can &= ((must & -must) << 1) - 1
        places: dict[int, None] = {}
        while can:
            lowest = can & -can
            places[self._index.places[lowest.bit_length() - 1]] = None
            can ^= lowest
        return tuple(places)
