"""Several lists of conditions merged into one keep their own order, however they repeat themselves."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from router.policy.backtest.judging.columns import Chunk, Columns, View
from router.policy.backtest.judging.condition_index import NOWHERE, ConditionIndex, _merged
from router.policy.rules.conditions import ALWAYS
from tests.world.policies import asks

QUESTIONS = [asks("need", "demo"), asks("need", "quote"), asks("size", "big"), ALWAYS]


def has_in_order(whole: list[int], part: list[int]) -> bool:
    rest = iter(whole)
    return all(one in rest for one in part)


@given(st.lists(st.lists(st.integers(0, 9), max_size=12), max_size=4))
def test_a_merged_list_has_each_list_in_its_order(lists: list[list[int]]) -> None:
    merged = _merged(lists)

    assert all(has_in_order([int(str(one)) for one in merged], one) for one in lists)


@given(st.lists(st.lists(st.integers(0, 3), max_size=8), min_size=1, max_size=3))
def test_each_list_finds_its_own_first_condition(lists: list[list[int]]) -> None:
    leads = [(need, size) for need in ("demo", "quote", None) for size in ("big", None)]
    condition_index = ConditionIndex(*[[QUESTIONS[number] for number in numbers] for numbers in lists])
    columns = Columns(lambda _fact, cell: cell, bounds={}, types={}, sources={})  # type: ignore[arg-type,return-value]
    cells = {"need": [need for need, _ in leads], "size": [size for _, size in leads]}
    view = View(columns, Chunk(np.zeros(len(leads), np.int64), cells))

    for numbers, own in zip(lists, condition_index.of_list, strict=True):
        left = condition_index.left(view) & condition_index.masks.of(np.full(len(leads), own.of({})))
        for (need, size), found in zip(leads, own.first(left, view, lambda _row: {}).tolist(), strict=True):
            holds = [need == "demo", need == "quote", size == "big", True]
            assert found == next((place for place, one in enumerate(numbers) if holds[one]), NOWHERE)
