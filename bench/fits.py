"""Lines through measured points: growth exponents, and slopes per minute with their standard error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

LOGARITHMIC: Final = 0.3
"""Largest growth exponent that counts as logarithmic.

From 10,000 to 100,000 rows a logarithm that begins at some hundred rows grows with an exponent of 0.25, and
more slowly from there on.
"""
ENOUGH: Final = 10
"""Points from which the correlation of neighbours can be told."""
SURE: Final = 3.0
"""Standard errors by which a slope has to differ from nothing before it counts as a slope."""


@dataclass(frozen=True, slots=True)
class FittedLine:
    """A fitted line: its value at 0, its slope per unit of x, and the slope's standard error."""

    at_zero: float
    slope: float
    error: float


def line_through(points: Sequence[tuple[float, float]]) -> FittedLine:
    """The least-squares line through at least two points (x, y) of different x; else ValueError.

    Neighbours that are alike make its standard error larger. Two points leave no residue, so theirs is 0.
    """
    if len({x for x, _ in points}) < 2:
        raise ValueError("A line needs two points with different x.")
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    at_zero = mean_y - slope * mean_x
    residues = [y - at_zero - slope * x for x, y in sorted(points)]
    residue = sum(one**2 for one in residues)
    error = math.sqrt(residue / (count - 2) / spread) if count > 2 else 0.0
    return FittedLine(at_zero, slope, error * math.sqrt(_fewer(residues)))


def _fewer(residues: Sequence[float]) -> float:
    """How many points in a row tell as little as one that is independent of the others: 1 or more.

    Santer et al., Statistical significance of trends and trend differences, 2000, equation 6: (1 + r)/(1 - r)
    by the correlation r of neighbours.
    """
    together = sum(one**2 for one in residues)
    if len(residues) < ENOUGH or together == 0:
        return 1.0
    alike = sum(one * other for one, other in pairwise(residues)) / together
    return max(1.0, (1 + alike) / (1 - alike))


def exponent(costs: Mapping[int, float], *, base: float, noise: float) -> float | None:
    """The growth exponent of costs by size, fitted in log-log; None with fewer than two sizes.

    `base` is the cost where there is hardly any data: the start of a process, calls to HubSpot. Only what is
    above it can grow. What is not above it by more than `noise` counts as `noise`.
    """
    if len(costs) < 2:
        return None
    points = [(math.log(size), math.log(max(cost - base, noise))) for size, cost in costs.items()]
    return line_through(points).slope


def is_flat(points: Sequence[tuple[float, float]], *, per_unit: float) -> bool:
    """True unless the slope is above `per_unit`, and surely so: by three standard errors above nothing."""
    found = line_through(points)
    return found.slope <= per_unit or found.slope <= SURE * found.error
