"""Reader of ranges such as `50..199`, `200..`, `< 50` or `at_least: 200`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from router.policy.leads.catalog import FactType
from router.policy.rules.conditions import Between
from router.rulefiles.words.values import number_hint
from router.rulefiles.words.vocabulary import Fact
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import SPAN_FORMS, day, midnight, moment, number, span
from router.rulefiles.yaml.tree import Scalar

Bound: TypeAlias = Decimal | date | datetime | timedelta
End: TypeAlias = Literal["low", "high", "below"]

RANGE_WORDS: Final[Mapping[str, End]] = {"at_least": "low", "at_most": "high", "below": "below"}
ORDERED: Final = frozenset((FactType.NUMBER, FactType.DATE, FactType.DATETIME, FactType.DURATION))

ABOVE: Final = "above"
"""The word that excludes its own value; `Between` has no such end."""
_DOTS = re.compile(r"(?P<low>.*?) ?\.\. ?(?P<high>.*)", re.DOTALL)
_SIGN = re.compile(r"(?P<sign>>=|<=|<|>) ?(?P<bound>.*)|(?P<word>at_least|at_most|below|above) +(?P<of>.*)")
_SIGNS: Final[Mapping[str, End]] = {">=": "low", "<=": "high", "<": "below", **RANGE_WORDS}
_LIKE_A_RANGE = re.compile(
    r"-?[0-9][0-9.]*\.\.|\.\.-?[0-9][0-9.]*|-?(?=[0-9.]+?\.\.[0-9.])[0-9.]++"
    r"|-?[0-9.]++(?<=[0-9.]\.\.)-[0-9.]++|[<>]=? ?-?[0-9.]+"
)


class RangeReader(Struct, frozen=True):
    """Reads the ranges of one fact; `timezone` says when a day begins for a fact that is a moment."""

    fact: Fact
    timezone: ZoneInfo
    file: FileReader

    def is_range(self, text: str) -> bool:
        """True for a text with range signs.

        If the fact has no order, only for a text that is clearly a range.
        """
        if self.fact.type in ORDERED:
            return ".." in text or _SIGN.fullmatch(text) is not None
        return _LIKE_A_RANGE.fullmatch(text) is not None

    def has_order(self, at: Scalar) -> bool:
        """True if the fact's values have an order; an error is reported if they have none."""
        if self.fact.type not in ORDERED:
            message = f"{self.fact} is a {self.fact.type}, which has no order: '{at.text}' cannot be a range"
            self.file.error(at, message, "List its values, or choose a number property.")
        return self.fact.type in ORDERED

    def written(self, range_text: Scalar) -> Between | None:
        """The range of `50..199`, `200..`, `..49`, `>= 200`, `< 50`, `at_least 200` or `below 50`."""
        if not self.has_order(range_text):
            return None
        if signed := _SIGN.fullmatch(range_text.text):
            sign, bound = signed["sign"] or signed["word"], signed["bound"] or signed["of"] or ""
            if sign in (">", ABOVE):
                return self._above(range_text, bound)
            return self.between(range_text, {_SIGNS[sign]: bound})
        dots = _DOTS.fullmatch(range_text.text)
        ends: dict[End, str] = {}
        if dots and dots["low"]:
            ends["low"] = dots["low"]
        if dots and dots["high"]:
            ends["high"] = dots["high"]
        if not ends:
            message = f"the range '{range_text.text}' has no end"
            self.file.error(range_text, message, "Write 50..199, 200.. or ..49; for any value write 'known'.")
            return None
        return self.between(range_text, ends)

    def between(self, at: Scalar, ends: Mapping[End, str]) -> Between | None:
        """The range between these ends; None, and an error is reported, if it is empty."""
        bounds: dict[str, Bound] = {}
        for end, text in ends.items():
            found = self._bound(at, end, text)
            if found is None:
                return None
            bounds.update([found])
        made = Between(low=bounds.get("low"), high=bounds.get("high"), below=bounds.get("below"))
        if _is_empty(made):
            shown = " and ".join(ends.values())
            self.file.error(at, f"no value lies between {shown}", "Write the smaller end first.")
            return None
        return made

    def _above(self, at: Scalar, bound: str) -> Between | None:
        following = self.next_after(bound)
        if following is not None:
            return self.between(at, {"low": following})
        hint = f"Write '{bound}..', which includes it; in a condition {{above: {bound}}} leaves it out."
        self.file.error(at, f"'{at.text}' leaves its own number out", hint)
        return None

    def next_after(self, text: str) -> str | None:
        """The smallest value above this one, for whole numbers and days; None for others."""
        if self.fact.type is FactType.NUMBER and self.fact.integer and (found := number(text)) is not None:
            return f"{found.to_integral_value(ROUND_FLOOR) + 1:f}"
        if self.fact.type is FactType.DATE and (of_day := day(text)) is not None:
            return (of_day + timedelta(days=1)).isoformat()
        return None

    def _bound(self, at: Scalar, end: End, text: str) -> tuple[str, Bound] | None:
        fact, of_day = self.fact, day(text)
        found: Bound | None
        match fact.type:
            case FactType.NUMBER:
                found, hint = number(text), number_hint(text)
            case FactType.DURATION:
                found, hint = span(text), f"Write {SPAN_FORMS}."
            case FactType.DATE:
                found, hint = of_day, "Write 2026-11-24."
            case _ if of_day is not None and end == "high":
                # The last day counts to its end.
                return "below", midnight(of_day + timedelta(days=1), self.timezone)
            case _ if of_day is not None:
                found, hint = midnight(of_day, self.timezone), ""
            case _:
                found, hint = moment(text, self.timezone), "Write 2026-11-24 or 2026-11-24T09:30."
        if found is None:
            self.file.error(at, f"{fact} is a {fact.type}, and '{text}' is none", hint)
            return None
        return end, found


def _is_empty(made: Between) -> bool:
    low, high, below = made.low, made.high, made.below
    # Both ends of one fact have one type; the union of types is only how Between is declared.
    return low is not None and (
        (high is not None and low > high) or (below is not None and low >= below)  # type: ignore[operator]
    )
