"""Which conditions hold for many leads at once, of one list or of several?

What several lists have in common is asked once: two versions of a policy differ in few of their rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial
from itertools import chain, compress, repeat
from operator import and_
from typing import Final

from router.policy.backtest.columns import Cell, View, each_once
from router.policy.backtest.points import age_bounds
from router.policy.conditions import Condition
from router.policy.fact_masks import Ages, Masks
from router.policy.lead import Value
from router.policy.normal_form import alternatives
from router.policy.rule_index import Index

COMPUTED: Final = ("fit", "engagement", "score", "grade", "segment")
"""Facts that follow from the score."""


class Sieve:
    """An index of several lists of conditions, each in order of precedence; `of_list` has what is each one's.

    The index is built upside down, so that the first condition left is the highest bit, which is found
    without a look at the others.
    """

    def __init__(self, *lists: Sequence[Condition]) -> None:
        keys = [_meanings(conditions) for conditions in lists]
        known = dict(zip(chain.from_iterable(keys), chain.from_iterable(lists), strict=True))
        merged = _merged(keys)
        self._index = Index([known[key] for key in reversed(merged)])
        self._of_lead = [(fact, masks) for fact, masks in self._index.columns if fact not in COMPUTED]
        self._known: list[list[int]] = [[] for _ in self._of_lead]
        self._masks: dict[int, int] = {}
        self._aged: list[dict[Cell, int]] = [{} for _ in self._index.ages]
        self.looks_at_leads = bool(self._of_lead or self._index.ages)
        self.of_list = tuple(Sifted(self, self._index, _found_in(merged, some)) for some in keys)

    def bounds(self) -> Iterator[tuple[str, set[int]]]:
        """The moments whose age matters, each with the bounds of its classes."""
        for fact, ages in self._index.ages:
            yield fact, {bound for span in ages.spans for bound in age_bounds(span)}

    def left(self, view: View) -> list[int]:
        """The conditions of all lists that each lead's own facts leave standing."""
        found = view.shared.get(id(self))
        if found is None:
            found = view.shared[id(self)] = list(self._left(view))
        return found

    def once(self, mask: int) -> int:
        """The mask itself, always the same object: few stay near the processor, a thousand copies do not."""
        return self._masks.setdefault(mask, mask)

    def _mask(self, masks: Masks, value: Value | None) -> int:
        return self.once(masks[value])

    def _left(self, view: View) -> Iterable[int]:
        always = self._index.everything
        for fact, masks in self._of_lead:
            if not view.tells(fact):
                always &= masks[None]
        lefts: Iterable[int] = repeat(always, view.leads)
        for (fact, masks), known in zip(self._of_lead, self._known, strict=True):
            if view.tells(fact):
                mask_of = partial(self._mask, masks)
                lefts = map(and_, lefts, view.by_value(fact, known, mask_of))
        for (fact, by_age), aged in zip(self._index.ages, self._aged, strict=True):

            def aged_at(row: int, fact: str = fact, by_age: Ages = by_age) -> int:
                return by_age.mask(view.value(fact, row), view.now(row))

            lefts = map(and_, lefts, each_once(view.ages(fact), aged, aged_at))
        return lefts


class Sifted:
    """What a sieve says of one of its lists, whose conditions are told by their places in it."""

    def __init__(self, sieve: Sieve, index: Index, places: Sequence[int | None]) -> None:
        self.sieve = sieve
        # By the number of the highest bit, from 1; nothing is left of 0.
        self._places: list[int | None] = [None, *(places[len(places) - 1 - place] for place in index.places)]
        is_own = [place is not None for place in self._places[1:]]
        self.everything = sum(1 << bit for bit, own in enumerate(is_own) if own)
        self._of_score = [(fact, masks) for fact, masks in index.columns if fact in COMPUTED]
        self._in_full = index.in_full if any(compress(index.in_full, is_own)) else None

    def of(self, facts: dict[str, Value]) -> int:
        """The conditions of this list that these facts of the score leave standing."""
        left = self.everything
        for fact, masks in self._of_score:
            left &= masks[facts.get(fact)]
        return self.sieve.once(left)

    def first_left(self, left: int) -> int | None:
        """The place of the first condition among the bits left."""
        return self._places[left.bit_length()]

    def first(
        self, lefts: Iterable[int], view: View, facts_at: Callable[[int], dict[str, Value]]
    ) -> list[int | None]:
        """The place of each lead's first condition among the bits left of this list."""
        places = self._places
        if self._in_full is None:
            return [places[left.bit_length()] for left in lefts]
        return [self._first_in_full(left, facts_at, view, row) for row, left in enumerate(lefts)]

    def _first_in_full(
        self, left: int, facts_at: Callable[[int], dict[str, Value]], view: View, row: int
    ) -> int | None:
        while left:
            highest = left.bit_length()
            holds = self._in_full[highest - 1] if self._in_full else None
            if holds is None or holds(facts_at(row), view.now(row)):
                return self._places[highest]
            left ^= 1 << (highest - 1)
        return None


def _meanings(conditions: Iterable[Condition]) -> list[Hashable]:
    """What each condition means, equal for those that hold for the same leads, wherever they are written.

    One that comes again is told from the first by a number: lists of many repetitions would take long to
    merge.
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
    """A short sequence that has each list in it, in its own order."""
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
    """By place in the merged sequence, the place of the list's own condition there."""
    found: list[int | None] = []
    place = 0
    for key in merged:
        is_next = place < len(one) and key == one[place]
        found.append(place if is_next else None)
        place += is_next
    return found
