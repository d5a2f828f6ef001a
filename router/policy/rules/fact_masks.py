"""Bit masks by fact: the conjunctions of an index that one value of one fact does not rule out.

A mask is a whole number whose bit i stands for conjunction i of an index: the bit is 1 unless the value
fails a question of that conjunction. Each different value is evaluated once and cached, so the cost of a
column of a million leads depends only on its number of different values.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeAlias

from router.policy.leads.lead import Value
from router.policy.rules.conditions import (
    CLOCK_SKEW,
    Answering,
    Between,
    Matcher,
    OneOf,
    Within,
    answering,
    moment_of,
)

REMEMBERED: Final = 16_384
"""Largest number of cached values of a fact: e-mail domains and numbers are unlimited."""
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""A placeholder for `now` in questions that do not depend on the time."""

Asked: TypeAlias = tuple[Matcher, bool, int]
"""A question about the fact, whether it is negated, and the bits of the conjunctions that contain it."""


class Masks(dict[Value | None, int]):
    """The mask of each value of one fact (None: missing), computed at the first use of the value."""

    __slots__ = ("_everything", "_failed")

    def __init__(self, asked: Iterable[Asked], *, everything: int) -> None:
        super().__init__()
        listed: list[Asked] = []
        numbers: list[Asked] = []
        durations: list[Asked] = []
        odd: list[Asked] = []
        demanding = 0
        for one in asked:
            matcher, negated, bits = one
            if isinstance(matcher, OneOf) and not _names_a_day(matcher) and (negated or not bits & demanding):
                # Two lists demanded by one conjunction would have to be intersected: the second is odd.
                demanding |= 0 if negated else bits
                listed.append(one)
            elif isinstance(matcher, Between) and _is_of(Decimal, matcher):
                numbers.append(one)
            elif isinstance(matcher, Between) and _is_of(timedelta, matcher):
                durations.append(one)
            else:
                odd.append(one)
        self._everything = everything
        self._failed: list[Callable[[Value | None], int]] = []
        if listed:
            self._failed.append(_Listed(listed).failed)
        for ranged, kind in ((numbers, Decimal), (durations, timedelta)):
            if ranged:
                self._failed.append(_Ranges(ranged, of=kind).failed)
        if odd:
            self._failed.append(partial(_failed, _compiled(odd)))

    def __missing__(self, value: Value | None) -> int:
        mask = self._everything
        for failed in self._failed:
            mask &= ~failed(value)
        if not isinstance(value, timedelta):  # ages hardly ever repeat
            if len(self) >= REMEMBERED:
                self.clear()
            self[value] = mask
        return mask


class Ages:
    """The mask of a moment by its age, for questions such as `within 7d`.

    `spans` are the ages in the questions, ascending; `masks[i]` is valid while the age is above
    `spans[i - 1]` and at most `spans[i]`. The last mask is for older moments, for moments in the future,
    and for a missing moment.
    """

    __slots__ = ("masks", "spans")

    def __init__(self, asked: Iterable[tuple[Within, bool, int]], *, everything: int) -> None:
        asked = list(asked)
        self.spans: list[timedelta] = sorted({matcher.span for matcher, _, _ in asked})
        self.masks: list[int] = [
            everything
            & ~_all_bits(bits for matcher, negated, bits in asked if negated == (place <= self._of(matcher)))
            for place in range(len(self.spans) + 1)
        ]

    def mask(self, value: Value | None, now: datetime) -> int:
        """The mask of the moment at `now` (aware UTC)."""
        moment = moment_of(value)
        if moment is None or (age := now - moment) < -CLOCK_SKEW:
            return self.masks[-1]
        return self.masks[bisect_left(self.spans, age)]

    def _of(self, matcher: Within) -> int:
        return bisect_left(self.spans, matcher.span)


class _Listed:
    """Questions of the form "one of these values": two look-ups give the questions that a value fails."""

    __slots__ = ("_demanded", "_demanding", "_refused")

    def __init__(self, asked: Iterable[Asked]) -> None:
        self._demanding = 0
        self._demanded: dict[Value, int] = {}
        self._refused: dict[Value, int] = {}
        for matcher, negated, bits in asked:
            self._demanding |= 0 if negated else bits
            by_value = self._refused if negated else self._demanded
            for value in matcher.values if isinstance(matcher, OneOf) else ():
                by_value[value] = by_value.get(value, 0) | bits

    def failed(self, value: Value | None) -> int:
        if value is None:
            return self._demanding
        # A multiple choice counts as all its options. Lists with days never come here: they are odd.
        options = value if isinstance(value, frozenset) else (value,)
        met = _all_bits(self._demanded.get(option, 0) for option in options)
        return self._demanding & ~met | _all_bits(self._refused.get(option, 0) for option in options)


class _Ranges:
    """Questions about ranges: all values between two neighbouring bounds fail the same questions.

    Bounds are of the type `of`: numbers or durations.
    """

    __slots__ = ("_asked", "_bounds", "_failed", "_of")

    def __init__(self, asked: list[Asked], *, of: type[Decimal] | type[timedelta]) -> None:
        self._of = of
        self._asked = _compiled(asked)
        spans = [matcher for matcher, _, _ in asked if isinstance(matcher, Between)]
        bounds = {bound for span in spans for bound in (span.low, span.high, span.below)}
        self._bounds: list[Any] = sorted(bound for bound in bounds if isinstance(bound, of))
        self._failed: dict[tuple[int, bool], int] = {}

    def failed(self, value: Value | None) -> int:
        if not isinstance(value, self._of):
            return _failed(self._asked, value)
        above = bisect_left(self._bounds, value)
        place = above, above < len(self._bounds) and self._bounds[above] == value
        failed = self._failed.get(place)
        if failed is None:
            failed = self._failed[place] = _failed(self._asked, value)
        return failed


def _compiled(asked: Iterable[Asked]) -> list[tuple[Answering, bool, int]]:
    return [(answering(matcher), negated, bits) for matcher, negated, bits in asked]


def _failed(asked: Iterable[tuple[Answering, bool, int]], value: Value | None) -> int:
    return _all_bits(bits for answers, negated, bits in asked if answers(value, _NO_TIME) == negated)


def _all_bits(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _names_a_day(matcher: OneOf) -> bool:
    return any(isinstance(value, date) for value in matcher.values)


def _is_of(kind: type[Decimal] | type[timedelta], span: Between) -> bool:
    return all(bound is None or isinstance(bound, kind) for bound in (span.low, span.high, span.below))
