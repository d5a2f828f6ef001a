"""The condition index: the first condition that holds for each of many leads, in several lists at once.

Conditions that several lists share are evaluated once: two versions of a policy differ in few rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from functools import partial
from itertools import chain
from typing import Final

import numpy as np

from router.policy.backtest.judging.bitmasks import Bits, MaskRows, first_bits, ones
from router.policy.backtest.judging.columns import View
from router.policy.backtest.judging.numbering import ByNumber, Ints, KeyTable
from router.policy.backtest.judging.points import age_bounds
from router.policy.leads.lead import Value
from router.policy.rules.conditions import Condition
from router.policy.rules.fact_masks import Ages, Masks
from router.policy.rules.normal_form import alternatives
from router.policy.rules.rule_index import Index

COMPUTED: Final = ("fit", "engagement", "score", "grade", "segment")
"""Facts that follow from the score."""
NOWHERE: Final = -1
"""The place that means "no condition"."""


class ConditionIndex:
    """An index of several lists of conditions in order of precedence; `of_list` has one part per list."""

    def __init__(self, *lists: Sequence[Condition]) -> None:
        keys = [_meanings(conditions) for conditions in lists]
        known = dict(zip(chain.from_iterable(keys), chain.from_iterable(lists), strict=True))
        merged = _merged(keys)
        self._index = Index([known[key] for key in merged])
        self.masks = MaskRows(len(self._index.places))
        self._of_lead = [
            (fact, masks, ByNumber(partial(self._mask, masks)))
            for fact, masks in self._index.columns
            if fact not in COMPUTED
        ]
        self._aged = [KeyTable() for _ in self._index.ages]
        self.looks_at_leads = bool(self._of_lead or self._index.ages)
        self.of_list = tuple(IndexedColumns(self, self._index, _found_in(merged, some)) for some in keys)

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The facts whose age matters, each with the bounds (µs) of its age classes."""
        for fact, ages in self._index.ages:
            yield fact, {bound for span in ages.spans for bound in age_bounds(span)}

    def left(self, view: View) -> Bits:
        """The conditions of all lists that each lead's own facts do not rule out."""
        return view.once(self, self._left)

    def _mask(self, masks: Masks, value: Value | None) -> int:
        return self.masks.number(masks[value])

    def _left(self, view: View) -> Bits:
        always = self._index.everything
        for fact, masks, _ in self._of_lead:
            if not view.has_fact(fact):
                always &= masks[None]
        left = self.masks.of(np.full(view.leads, self.masks.number(always)))
        for fact, _, by_number in self._of_lead:
            if view.has_fact(fact):
                left &= self.masks.of(view.by_value(fact, by_number))
        for (fact, by_age), known in zip(self._index.ages, self._aged, strict=True):

            def aged_at(row: int, fact: str = fact, by_age: Ages = by_age) -> int:
                return self.masks.number(by_age.mask(view.value(fact, row), view.now(row)))

            left &= self.masks.of(known.of(view.ages(fact), aged_at))
        return left


class IndexedColumns:
    """The part of a condition index for one list; its conditions are named by their places in the list."""

    def __init__(self, condition_index: ConditionIndex, index: Index, places: Sequence[int | None]) -> None:
        self.condition_index = condition_index
        own = [places[place] for place in index.places]
        # Index -1, for a row without bits, gives the last entry: NOWHERE.
        self._places = np.array([*(NOWHERE if place is None else place for place in own), NOWHERE])
        self.everything = sum(1 << bit for bit, place in enumerate(own) if place is not None)
        self._of_score = [(fact, masks) for fact, masks in index.columns if fact in COMPUTED]
        self._in_full = index.in_full
        self._is_in_full = np.array([holds is not None for holds in [*index.in_full, None]])

    def of(self, facts: dict[str, Value]) -> int:
        """The number of the mask of this list's conditions that these score facts do not rule out."""
        left = self.everything
        for fact, masks in self._of_score:
            left &= masks[facts.get(fact)]
        return self.condition_index.masks.number(left)

    def first(self, left: Bits, view: View, facts_at: Callable[[int], dict[str, Value]]) -> Ints:
        """The place of each lead's first condition that holds, among the bits in `left`, or NOWHERE."""
        bits = first_bits(left)
        for row in np.flatnonzero(self._is_in_full[bits]).tolist():
            bits[row] = self._first_in_full(ones(left[row]), facts_at(row), view.now(row))
        return self._places[bits]

    def _first_in_full(self, bits: Iterable[int], facts: dict[str, Value], now: datetime) -> int:
        for bit in bits:
            holds = self._in_full[bit]
            if holds is None or holds(facts, now):
                return bit
        return -1


def _meanings(conditions: Iterable[Condition]) -> list[Hashable]:
    """A key for each condition, equal for conditions with the same meaning, whatever their place or text.

    A repeated condition gets a key with the count of its repetitions: lists with many equal keys would take
    long to merge.
    """
    found: list[Hashable] = []
    times = Counter[Hashable]()
    for condition in conditions:
        meaning = alternatives(condition)
        key = condition if meaning is None else meaning
        times[key] += 1
        found.append((key, times[key]))
    return found


def _merged(lists: Sequence[Sequence[Hashable]]) -> list[Hashable]:
    """A short sequence that contains every list in the list's own order."""
    merged: list[Hashable] = []
    for one in lists:
        both: list[Hashable] = []
        for kind, start, end, own_start, own_end in SequenceMatcher(
            None, merged, one, autojunk=False
        ).get_opcodes():
            both += merged[start:end]
            both += () if kind == "equal" else one[own_start:own_end]
        merged = both
    return merged


def _found_in(merged: Sequence[Hashable], one: Sequence[Hashable]) -> list[int | None]:
    """For each place in the merged sequence, the place of that condition in the list, or None."""
    found: list[int | None] = []
    place = 0
    for key in merged:
        is_next = place < len(one) and key == one[place]
        found.append(place if is_next else None)
        place += is_next
    return found
