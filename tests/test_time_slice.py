"""A time slice ends what is inside it, and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from router import time_slice


def test_nothing_is_over_outside_a_slice() -> None:
    assert not time_slice.is_over()
    assert time_slice.left_s(20.0) == 20.0


def test_a_slice_is_over_once_its_seconds_have_passed() -> None:
    with time_slice.time_slice(0.0):
        inside = time_slice.is_over(), time_slice.left_s(20.0)

    assert inside == (True, 0.0)
    assert not time_slice.is_over()


def test_a_wait_is_no_longer_than_what_is_left() -> None:
    with time_slice.time_slice(600.0):
        assert 0 < time_slice.left_s(1_000.0) <= 600.0
        assert time_slice.left_s(5.0) == 5.0
        assert not time_slice.is_over()


def test_threads_are_outside_the_slice_of_the_work_that_started_them() -> None:
    with time_slice.time_slice(0.0), ThreadPoolExecutor(1) as pool:
        assert not pool.submit(time_slice.is_over).result()
