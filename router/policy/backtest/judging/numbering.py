"""Lookup tables for whole columns of numbers; the result of each new number is computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from router.policy.leads.lead import Value

Ints: TypeAlias = NDArray[np.int64]
"""An array with one number per lead, in the order of the leads."""
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_NEW: Final = -(1 << 62)
"""The entry of a key without a result so far."""
_LONGEST: Final = 1 << 20
"""Largest length of the table, 8 MB; keys from this number on are kept in a dict."""
_BITS: Final = 2
"""Number of bits by which the space for second keys grows at a time."""


def ints(numbers: Iterable[int], count: int) -> Ints:
    """The numbers as one array of length `count`."""
    return np.fromiter(numbers, np.int64, count)


class KeyTable:
    """A table from keys (0 or more) to results (numbers above -2^62)."""

    __slots__ = ("_far", "_table")

    def __init__(self) -> None:
        self._table = np.full(256, _NEW, np.int64)
        self._far: dict[int, int] = {}

    def of(self, keys: Ints, work_out: Callable[[int], int]) -> Ints:
        """The result of each key; `work_out` is called once per new key, with a row that has this key."""
        near = keys < _LONGEST
        if near.all():
            return self._near(keys, work_out)
        found = np.empty_like(keys)
        near_rows, far_rows = np.flatnonzero(near), np.flatnonzero(~near)
        found[near_rows] = self._near(keys[near_rows], lambda place: work_out(int(near_rows[place])))
        far = keys[far_rows].tolist()
        found[far_rows] = each_once(far, self._far, lambda place: work_out(int(far_rows[place])))
        return found

    def _near(self, keys: Ints, work_out: Callable[[int], int]) -> Ints:
        highest = int(keys.max(initial=0))
        if highest >= len(self._table):
            more = np.full(1 << highest.bit_length(), _NEW, np.int64)
            more[: len(self._table)] = self._table
            self._table = more
        found = self._table[keys]
        new = np.flatnonzero(found == _NEW).tolist()
        for row in new:
            if self._table[keys[row]] == _NEW:
                self._table[keys[row]] = work_out(row)
        return self._table[keys] if new else found


class KnownPairs:
    """A table from pairs of keys (each 0 or more) to results; a pair may be computed more than once."""

    __slots__ = ("_bits", "_known")

    def __init__(self) -> None:
        self._bits = 0
        self._known = KeyTable()

    def of(self, firsts: Ints, seconds: Ints, work_out: Callable[[int], int]) -> Ints:
        """The result of each pair; `work_out` is called for a new pair, with a row that has this pair."""
        needed = int(seconds.max(initial=0)).bit_length()
        if needed > self._bits:
            self._bits, self._known = -(-needed // _BITS) * _BITS, KeyTable()
        return self._known.of(firsts << self._bits | seconds, work_out)


class Numbers:
    """A growing list of numbers, with lookups of whole columns."""

    __slots__ = ("_count", "_table")

    def __init__(self) -> None:
        self._count = 0
        self._table = np.zeros(64, np.int64)

    def __len__(self) -> int:
        return self._count

    def append(self, number: int) -> None:
        """Add the number at the end."""
        if self._count == len(self._table):
            self._table = np.concatenate((self._table, np.zeros_like(self._table)))
        self._table[self._count] = number
        self._count += 1

    def of(self, places: Ints) -> Ints:
        """The numbers at these places."""
        return self._table[places]


class ByNumber:
    """The results for the values of a growing list, by place in the list."""

    __slots__ = ("_known", "_work_out")

    def __init__(self, work_out: Callable[[Value | None], int]) -> None:
        self._work_out = work_out
        self._known = Numbers()

    def of(self, places: Ints, values: Sequence[Value | None]) -> Ints:
        """The results for the values at these places; new values are computed first."""
        for value in values[len(self._known) :]:
            self._known.append(self._work_out(value))
        return self._known.of(places)


class Once(dict[K, V]):
    """What each key stands for, worked out the first time it is asked for; at most `most` are kept."""

    __slots__ = ("_most", "_work_out")

    def __init__(self, work_out: Callable[[K], V], *, most: int | None = None) -> None:
        super().__init__()
        self._work_out = work_out
        self._most = most

    def __missing__(self, key: K) -> V:
        if self._most is not None and len(self) >= self._most:
            self.clear()
        found = self[key] = self._work_out(key)
        return found


def each_once(keys: Sequence[K], known: dict[K, int], work_out: Callable[[int], int]) -> Ints:
    """The result of each key; `work_out` is called once per new key, with a row that has this key."""
    try:
        return ints(map(known.__getitem__, keys), len(keys))
    except KeyError:  # new keys are rare after the first leads
        for row, key in enumerate(keys):
            if key not in known:
                known[key] = work_out(row)
    return ints(map(known.__getitem__, keys), len(keys))
