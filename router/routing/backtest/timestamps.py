"""Fast reading of many moments written as text, as instants in µs since 1970."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from router.policy.backtest.judging.columns import MISSING, REMEMBERED, instant
from router.policy.backtest.judging.numbering import Ints, Once
from router.policy.leads.parsing import moment_in

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK: Final = re.compile(r"[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?Z?")
_DAY_ENDS: Final = 10
_UNREAD: Final = 1 << 61
"""Marks a text that has to be read as a whole."""
_LATEST: Final = 1 << 60
"""More than any instant, and less than _UNREAD plus any instant."""


class Moments:
    """Reads texts as `moment_in` does, but parses each day and each time of day only once."""

    def __init__(self) -> None:
        self._days = Once(_day, most=REMEMBERED)
        self._clocks = Once(_clock, most=REMEMBERED)

    def of(self, texts: Sequence[str]) -> Ints:
        """The instant (µs since 1970) of each text; MISSING where the text is no moment."""
        days, clocks = self._days, self._clocks
        found = np.array([days[text[:_DAY_ENDS]] + clocks[text[_DAY_ENDS:]] for text in texts], np.int64)
        for row in np.flatnonzero(found > _LATEST).tolist():
            found[row] = _instant_in(texts[row])
        return found


def _day(part: str) -> int:
    if not part:
        return MISSING
    return _instant_in(part, otherwise=_UNREAD) if _DAY.fullmatch(part) else _UNREAD


def _clock(part: str) -> int:
    if not part:
        return 0
    return _instant_in(f"1970-01-01{part}", otherwise=_UNREAD) if _CLOCK.fullmatch(part) else _UNREAD


def _instant_in(text: str, *, otherwise: int = MISSING) -> int:
    moment = moment_in(text)
    return otherwise if moment is None else instant(moment)
