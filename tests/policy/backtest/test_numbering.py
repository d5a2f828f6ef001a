"""Whole columns are looked up as single numbers are, however the keys grow from chunk to chunk."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from router.policy.backtest.judging.bitmasks import MaskRows, first_bits, ones
from router.policy.backtest.judging.numbering import Ints, KeyTable, KnownPairs, Numbers

keys = st.one_of(st.integers(0, 40), st.integers(0, 1 << 40))
WIDTH = 200


def ints(numbers: list[int]) -> Ints:
    return np.array(numbers, np.int64)


@given(st.lists(st.lists(keys, max_size=20), max_size=6))
def test_each_key_is_worked_out_once_and_keeps_its_number(chunks: list[list[int]]) -> None:
    known, asked = KeyTable(), list[int]()
    for chunk in chunks:

        def work_out(row: int, chunk: list[int] = chunk) -> int:
            asked.append(chunk[row])
            return -3 * chunk[row]

        assert known.of(ints(chunk), work_out).tolist() == [-3 * key for key in chunk]

    assert len(asked) == len(set(asked))


@given(st.lists(st.lists(st.tuples(st.integers(0, 5_000), keys), max_size=20), max_size=6))
def test_pairs_are_told_apart_while_their_keys_grow(chunks: list[list[tuple[int, int]]]) -> None:
    known = KnownPairs()
    pairs = list[tuple[int, int]]()
    for chunk in chunks:
        chunk = [(first, second % (1 << 30)) for first, second in chunk]

        def work_out(row: int, chunk: list[tuple[int, int]] = chunk) -> int:
            pairs.append(chunk[row])
            return len(pairs) - 1

        found = known.of(
            ints([first for first, _ in chunk]), ints([second for _, second in chunk]), work_out
        ).tolist()

        assert [pairs[number] for number in found] == chunk


@given(st.lists(st.integers(0, (1 << WIDTH) - 1) | st.integers(0, WIDTH).map(lambda bit: 1 << bit >> 1)))
def test_the_first_bit_of_each_row_is_that_of_its_mask(masks: list[int]) -> None:
    rows = MaskRows(WIDTH)

    bits = rows.of(ints([rows.number(mask) for mask in masks]))

    places = [[bit for bit in range(WIDTH) if mask >> bit & 1] for mask in masks]
    assert first_bits(bits).tolist() == [some[0] if some else -1 for some in places]
    assert [list(ones(row)) for row in bits] == places


def test_a_list_of_numbers_grows_without_end() -> None:
    numbers = Numbers()
    for number in range(300):
        numbers.append(7 * number)

    assert len(numbers) == 300
    assert numbers.of(ints([0, 63, 64, 299])).tolist() == [0, 441, 448, 2093]
