"""Each neighbour has one turn at a time, in a thread of its own."""

from __future__ import annotations

import threading

import pytest

from router.notify.turns import Turns, answers_within


def test_a_neighbour_has_one_turn_at_a_time_and_others_do_not_wait_for_it() -> None:
    turns, go_on = Turns(), threading.Event()
    slow = turns.start("a", lambda: go_on.wait(20))
    assert slow is not None

    assert turns.start("a", lambda: 1) is None
    quick = turns.start("b", lambda: 2)

    assert quick is not None
    assert answers_within(20, [quick]) == [2]
    assert answers_within(0, [slow]) == []
    assert not turns.finish(within_s=0)
    go_on.set()
    assert turns.finish(within_s=20)
    again = turns.start("a", lambda: 3)
    assert again is not None
    assert again.result(20) == 3


def test_there_are_at_most_so_many_turns() -> None:
    turns, go_on = Turns(most=1), threading.Event()
    turns.start("a", lambda: go_on.wait(20))

    assert turns.start("b", lambda: 1) is None
    go_on.set()


def test_an_error_of_a_turn_is_raised_where_its_answer_is_asked_for() -> None:
    turns = Turns()

    def fail() -> int:
        raise ValueError("no")

    turn = turns.start("a", fail)
    assert turn is not None
    with pytest.raises(ValueError, match="no"):
        answers_within(20, [turn])
    assert turns.start("a", lambda: 1) is not None
