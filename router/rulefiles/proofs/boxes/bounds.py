"""The bounds at which rules tell numbers, days, moments and durations apart, and values between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Any, Final

from router.policy.leads.catalog import FactType
from router.policy.leads.lead import Value
from router.policy.rules.conditions import CLOCK_SKEW, Between, Matcher, OneOf, Within

_TICK: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_SOME_NUMBER: Final = Decimal(1)


def samples_of(kind: FactType, matchers: Iterable[Matcher], *, integer: bool, now: datetime) -> list[Value]:
    """Sample values: every value of this type answers the matchers as one of them does.

    `integer` says that a number has no digits behind its point. An age (`within`) is counted back from `now`,
    aware UTC.
    """
    bounds = [bound for matcher in matchers for bound in _bounds(matcher, now)]
    match kind:
        case FactType.NUMBER if integer:
            return sorted(_whole_numbers(bounds)) or [_SOME_NUMBER]
        case FactType.NUMBER:
            return _numbers(sorted(set(bounds)))
        case FactType.DATE:
            return sorted({day for bound in bounds for day in _around(_day(bound), _DAY)}) or [now.date()]
        case FactType.DATETIME:
            moments = [moment for bound in bounds for moment in _moments(bound)]
            return sorted({near for moment in moments for near in _around(moment, _TICK)}) or [now]
        case _:
            spans = {near for bound in bounds for near in _around(bound, _TICK)} | {timedelta(0)}
            return sorted(span for span in spans if span >= timedelta(0))


def _bounds(matcher: Matcher, now: datetime) -> Iterator[Any]:
    match matcher:
        case OneOf(values):
            yield from values
        case Between(low, high, below):
            yield from (bound for bound in (low, high, below) if bound is not None)
        case Within(span):
            yield now + CLOCK_SKEW
            # A span that reaches back beyond the calendar bounds nothing.
            if span < now - datetime.min.replace(tzinfo=UTC):
                yield now - span


def _whole_numbers(bounds: Iterable[Decimal]) -> set[Decimal]:
    found: set[Decimal] = set()
    for bound in bounds:
        floor, ceiling = (bound.to_integral_value(way) for way in (ROUND_FLOOR, ROUND_CEILING))
        found |= {floor - 1, floor, ceiling, ceiling + 1}
    return found


def _numbers(bounds: list[Decimal]) -> list[Value]:
    if not bounds:
        return [_SOME_NUMBER]
    between = [(low + high) / 2 for low, high in pairwise(bounds)]
    return [*sorted([*bounds, *between]), bounds[-1] + 1, bounds[0] - 1]


def _around(bound: Any, step: timedelta) -> Iterator[Any]:
    """The bound and its neighbours, as far as the calendar has them."""
    yield bound
    for sign in (-1, 1):
        try:
            yield bound + sign * step
        except OverflowError:
            continue


def _day(bound: date | datetime) -> date:
    return bound.astimezone(UTC).date() if isinstance(bound, datetime) else bound


def _moments(bound: date | datetime) -> tuple[datetime, ...]:
    """The moments that bound a day: its first and its last midnight, UTC."""
    if isinstance(bound, datetime):
        return (bound,)
    first = datetime.combine(bound, time(), UTC)
    return (first, first + _DAY)
