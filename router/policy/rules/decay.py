"""Decay of points with age: by half-lives or by steps."""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Final

_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)
_MICROSECOND: Final = timedelta(microseconds=1)
_ROUNDING_SLACK: Final = Decimal("1e-20")


def left_after_half_lives(points: int, *, span: timedelta, age: timedelta) -> int:
    """`points` × 2^(−age/span), rounded half up (away from zero for a malus).

    `span` is positive; an age below zero counts as zero.
    """
    ages = _ages_of_points(abs(points), span)
    left = len(ages) - bisect_left(ages, age // _MICROSECOND)
    return left if points >= 0 else -left


def left_after_steps(points: int, *, every: timedelta, by: Decimal, age: timedelta) -> int:
    """`points` × (1 − by)^(full `every` of age), rounded half up (away from zero for a malus).

    `every` is positive, `by` lies in 0..1; an age below zero counts as zero.
    """
    return _after_steps(points, by, max(age // every, 0))


@lru_cache(maxsize=4096)
def _ages_of_points(points: int, span: timedelta) -> tuple[int, ...]:
    """The ages (whole microseconds, ascending) up to which `points`, …, 2, 1 points are left.

    k points are left while points × 2^(−age/span) ≥ k − ½, so until age = span × log2(points / (k − ½)).
    """
    microseconds = Decimal(span // _MICROSECOND)
    ln2 = _EXACT.ln(Decimal(2))
    ages = []
    for left in range(points, 0, -1):
        halvings = _EXACT.divide(
            _EXACT.ln(_EXACT.divide(Decimal(points), Decimal(left) - Decimal("0.5"))), ln2
        )
        # ln is rounded: where the age is a whole number, the error must not take its last microsecond.
        ages.append(int(_EXACT.add(_EXACT.multiply(microseconds, halvings), _ROUNDING_SLACK)))
    return tuple(ages)


@lru_cache(maxsize=4096)
def _after_steps(points: int, by: Decimal, steps: int) -> int:
    if steps == 0:
        return points  # also where `by` is 1: 0 to the power of 0 is undefined
    left = _EXACT.multiply(Decimal(points), _EXACT.power(Decimal(1) - by, steps))
    return int(left.to_integral_value(rounding=ROUND_HALF_UP))
