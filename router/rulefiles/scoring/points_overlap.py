"""Checks of a points table for ranges that overlap, and for gaps between decimals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from msgspec import Struct

from router.policy.leads.catalog import FactType
from router.policy.rules.conditions import Between, Within
from router.policy.rules.scoring import PointsLine
from router.rulefiles.words.vocabulary import Fact
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Scalar

_FIRST_FITS: Final = "The first line that fits gives the points"
_LEAST, _MOST = Decimal("-Infinity"), Decimal("Infinity")


class _Stretch(Struct, frozen=True):
    """The range of one line, from `low` to `high`; without `high_counts` to just before `high`."""

    key: Scalar
    low: Decimal
    high: Decimal
    high_counts: bool

    def holds(self, other: _Stretch) -> bool:
        """True if this line takes all that the other one could."""
        below = self.high > other.high or (self.high == other.high and self.high_counts >= other.high_counts)
        return self.low <= other.low and below

    def meets(self, other: _Stretch) -> bool:
        """True if some value lies in both."""
        first, second = sorted((self, other), key=lambda stretch: stretch.low)
        return second.low < first.high or (second.low == first.high and first.high_counts)


def note_overlaps(fact: Fact, lines: Sequence[PointsLine], keys: Sequence[Scalar], file: FileReader) -> None:
    """Report ranges that a line above takes whole (an error) or in part (a warning), and gaps of decimals.

    A later line that contains a whole earlier one is how cascades are written (`200..` then `50..`, `within
    7d` then `within 30d`): it is not reported.
    """
    earlier: list[_Stretch] = []
    for line, key in zip(lines, keys, strict=True):
        stretch = _stretch(line, key)
        if stretch is None:
            continue
        whole = next((above for above in earlier if above.holds(stretch)), None)
        part = next((above for above in earlier if above.meets(stretch) and not stretch.holds(above)), None)
        if whole is not None:
            message = (
                f"'{key.text}' is never reached: '{whole.key.text}' on line {whole.key.line} takes it all"
            )
            file.error(key, message, f"{_FIRST_FITS}: move this one up, or remove it.")
        elif part is not None:
            message = f"'{key.text}' overlaps '{part.key.text}' on line {part.key.line}"
            file.warning(key, message, f"{_FIRST_FITS}; write ranges that do not overlap.")
        earlier.append(stretch)
    if fact.type is FactType.NUMBER and not fact.integer:
        _note_gaps(fact, earlier, file)


def _note_gaps(fact: Fact, stretches: Sequence[_Stretch], file: FileReader) -> None:
    """Report gaps: `..49` beside `50..` forgets 49.5 if the property is not of whole numbers."""
    for below, above in pairwise(sorted(stretches, key=lambda stretch: stretch.low)):
        if below.high_counts and above.low - below.high == 1:
            message = f"{fact} may have decimals: no line takes {below.high + Decimal('0.5')}"
            hint = f"Write 'below {above.low}' instead of '{below.key.text}'."
            if below.low != _LEAST:
                hint = f"Write '{below.low}..' on a line below '{above.key.text}'. {_FIRST_FITS}."
            file.warning(below.key, message, hint)


def _stretch(line: PointsLine, key: Scalar) -> _Stretch | None:
    """The line's range as numbers, an age in microseconds; None for dates, values and words."""
    match line.matcher:
        case Within(span):
            return _Stretch(key, Decimal(0), _as_number(span), high_counts=True)
        case Between(low, high, below):
            written = [end for end in (low, high, below) if end is not None]
            if not all(isinstance(end, Decimal | timedelta) for end in written):
                return None
            lowest = _LEAST if low is None else _as_number(low)
            highest = min((_as_number(end) for end in (high, below) if end is not None), default=_MOST)
            return _Stretch(key, lowest, highest, high_counts=below is None or highest < _as_number(below))
        case _:
            return None


def _as_number(end: object) -> Decimal:
    if isinstance(end, timedelta):
        return Decimal(end // timedelta(microseconds=1))
    return end if isinstance(end, Decimal) else _MOST
