"""Fitted lines: exponents of growth, and slopes that are surely there."""

from __future__ import annotations

import math

import pytest

from bench.fits import LOGARITHMIC, exponent, is_flat, line_through

SIZES = (10_000, 100_000, 1_000_000)


def test_a_line_is_found_with_its_error() -> None:
    line = line_through([(0, 1), (1, 3), (2, 5), (3, 7)])

    assert (line.at_zero, line.slope, line.error) == pytest.approx((1, 2, 0))


def test_the_error_of_a_slope_is_that_of_the_textbook() -> None:
    # Anscombe's first quartet (1973): slope 0.500 with a standard error of 0.118.
    xs = (10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5)
    ys = (8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68)

    line = line_through(list(zip(xs, ys, strict=True)))

    assert (line.at_zero, line.slope, line.error) == pytest.approx((3.0, 0.5, 0.118), abs=0.001)


def test_minutes_that_are_alike_in_a_row_tell_less_than_independent_ones() -> None:
    # A machine that is slow for ten minutes of thirty: no trend, and few of its minutes are independent.
    slow = [(minute, 0.65 + 0.35 * (16 <= minute < 26)) for minute in range(30)]
    mixed = [(minute, 0.65 + 0.35 * (minute % 3 == 0)) for minute in range(30)]

    assert line_through(slow).error > 2 * line_through(mixed).error
    assert is_flat(slow, per_unit=0.001)


def test_steady_growth_is_seen_although_its_steps_are_alike_in_a_row() -> None:
    steps = [(minute, 137 + 7 * (minute // 7)) for minute in range(30)]

    assert not is_flat(steps, per_unit=0.2)


def test_one_point_is_no_line() -> None:
    with pytest.raises(ValueError, match="two points"):
        line_through([(1, 2), (1, 3)])


@pytest.mark.parametrize(
    ("cost", "grows"),
    [
        (lambda size: size / 1e6, 1.0),
        (lambda size: size**2 / 1e12, 2.0),
        (lambda size: 0.001 * size**0.5, 0.5),
        (lambda _size: 0.0, 0.0),
    ],
)
def test_the_exponent_is_that_of_what_is_above_the_base(cost: object, grows: float) -> None:
    costs = {size: 0.5 + cost(size) for size in SIZES}  # type: ignore[operator]

    assert exponent(costs, base=0.5, noise=1e-9) == pytest.approx(grows)


def test_a_logarithm_counts_as_logarithmic_and_a_root_does_not() -> None:
    logarithm = {size: 0.5 + 0.1 * math.log(size / 500) for size in SIZES}
    root = {size: 0.5 + 0.01 * size**0.5 for size in SIZES}

    assert exponent(logarithm, base=0.5, noise=0.01) < LOGARITHMIC  # type: ignore[operator]
    assert exponent(root, base=0.5, noise=0.01) > LOGARITHMIC  # type: ignore[operator]


def test_what_is_within_chance_does_not_grow() -> None:
    assert exponent({10_000: 0.51, 100_000: 0.54}, base=0.5, noise=0.05) == 0


def test_one_size_says_nothing_of_growth() -> None:
    assert exponent({10_000: 0.51}, base=0.5, noise=0.05) is None


def test_a_line_is_flat_unless_it_surely_rises_too_fast() -> None:
    noisy = [(minute, 100 + (-1) ** minute * 5) for minute in range(30)]
    rising = [(minute, value + minute) for minute, value in noisy]

    assert is_flat(noisy, per_unit=0.1)
    assert not is_flat(rising, per_unit=0.1)
    assert is_flat(rising, per_unit=2.0)
