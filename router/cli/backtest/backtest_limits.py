"""Limits of a backtest, such as "moved > 20%", and the check that a change stays within them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from router.policy.backtest.dealing.comparison import Comparison

COUNTS: Final[Mapping[str, Callable[[Comparison], int]]] = {
    "moved": lambda found: found.moved,
    "other_rep": lambda found: found.other_rep,
    "unrouted": lambda found: found.unrouted.after,
    "queued": lambda found: found.queued.after,
    "nurture": lambda found: found.nurtured.after,
    "new_nurture": lambda found: found.new_nurture,
}
"""The counts that can be limited, besides a rep's leads by the rep's name; percents are of all leads."""
_ORDERS: Final = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
_WRITTEN: Final = re.compile(r"\s*([\w.@-]+)\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)\s*+(%?)\s*")


class LimitUnclear(ValueError):
    """The text is no limit; the message shows valid ones."""


class Limit(Struct, frozen=True):
    """Fail if a count or percentage compares so with `number`; a rep's is of leads given to reps."""

    written: str
    of: str
    order: str
    number: float
    is_percent: bool

    def broken_by(self, found: Comparison) -> str | None:
        """What breaks the limit, in words; None if it holds."""
        if self.of in COUNTS:
            count, whole = COUNTS[self.of](found), found.leads
        else:
            count, whole = found.reps[self.of].after, sum(change.after for change in found.reps.values())
        percent = 100 * count / whole if whole else 0.0
        if not _ORDERS[self.order](percent if self.is_percent else count, self.number):
            return None
        figure = f"{percent:.2f}%" if self.is_percent else f"{count:,}"
        return f"{self.of} is {figure}, and the limit is: {self.written.strip()}"


def limit_of(written: str, *, reps: Mapping[str, object]) -> Limit:
    """The limit as written; `reps` are the known rep names. Raises LimitUnclear."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise LimitUnclear(
            f"'{written}' is no limit. Write a figure, > or <, and a number: moved > 20%, or camille > 300."
        )
    of, order, number, percent = found.groups()
    if of not in COUNTS and of not in reps:
        raise LimitUnclear(
            f"There is no figure '{of}' to limit. There are {', '.join(COUNTS)}, "
            f"and the reps: {', '.join(reps)}."
        )
    return Limit(written, of, order, float(number), percent == "%")
