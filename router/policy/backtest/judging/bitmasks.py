"""Bit masks of many leads as numpy rows, combined at once, and the first bit of each row.

A mask is a whole number of any length. Here it is a row of 64-bit words, lowest bits first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from router.policy.backtest.judging.numbering import Ints

Bits: TypeAlias = NDArray[np.uint64]
"""An array with one mask per row."""
_WORD: Final = 64
_BYTES: Final = 8


class MaskRows:
    """A numbered set of different masks of `width` bits; a small set stays in the processor's cache."""

    __slots__ = ("_numbers", "_rows", "_words")

    def __init__(self, width: int) -> None:
        self._words = max(-(-width // _WORD), 1)
        self._numbers: dict[int, int] = {}
        self._rows = np.zeros((8, self._words), np.uint64)

    def number(self, mask: int) -> int:
        """The number of this mask; a new mask gets the next number."""
        found = self._numbers.get(mask)
        if found is None:
            found = self._numbers[mask] = len(self._numbers)
            if found == len(self._rows):
                self._rows = np.concatenate((self._rows, np.zeros_like(self._rows)))
            in_bytes = mask.to_bytes(self._words * _BYTES, "little")
            self._rows[found] = np.frombuffer(in_bytes, "<u8")
        return found

    def of(self, numbers: Ints) -> Bits:
        """The masks with these numbers, in a new array."""
        return self._rows.take(numbers, axis=0)


def first_bits(bits: Bits) -> Ints:
    """The place of the lowest set bit of each row; -1 for a row without one."""
    word = (bits != 0).argmax(axis=1)
    found = bits[np.arange(len(bits)), word]
    lowest = found & (~found + np.uint64(1))
    # A float holds a power of two exactly.
    _, exponent = np.frexp(lowest.astype(np.float64))
    place: Ints = word * _WORD + exponent - 1
    return np.where(found == 0, -1, place)


def ones(row: Bits) -> Iterable[int]:
    """The places of the set bits in one row, lowest first."""
    mask = int.from_bytes(row.astype("<u8").tobytes(), "little")
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
