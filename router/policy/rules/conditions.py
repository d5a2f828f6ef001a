"""Conditions on the facts of a lead, and their evaluation.

A missing fact never satisfies a positive test; it satisfies `not`. No value is ever coerced: constants
are typed by the catalog when the files are loaded, and facts when the lead is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

from msgspec import Struct

from router.policy.leads.lead import Facts, Value
from router.policy.leads.text import folded_once, needle


class OneOf(Struct, frozen=True):
    """The fact equals one of `values`; a multiple choice includes at least one of them."""

    values: frozenset[str | Decimal | bool | date]


class Between(Struct, frozen=True):
    """The fact lies in a range: `low` and `high` included, `below` excluded; None means unbounded."""

    low: Decimal | date | datetime | timedelta | None = None
    high: Decimal | date | datetime | timedelta | None = None
    below: Decimal | date | datetime | timedelta | None = None


class IsKnown(Struct, frozen=True):
    """The fact is present."""


class Unknown(Struct, frozen=True):
    """The fact is missing."""


class Contains(Struct, frozen=True):
    """The text has one of these whole words, case and accents folded; a final `*` matches word beginnings."""

    words: tuple[str, ...]


class Within(Struct, frozen=True):
    """The moment lies in the past, at most `span` ago."""

    span: timedelta


Matcher: TypeAlias = OneOf | Between | IsKnown | Unknown | Contains | Within


class Test(Struct, frozen=True):
    """One test of one fact; `written` is its text in the rule file, `line` its line there."""

    __test__ = False  # pytest would take the name for a test class

    fact: str
    matcher: Matcher
    written: str
    line: int = 0


class AllOf(Struct, frozen=True):
    """Every part holds; without parts it always holds."""

    parts: tuple[Condition, ...]


class AnyOf(Struct, frozen=True):
    """At least one part holds."""

    parts: tuple[Condition, ...]


class NoneOf(Struct, frozen=True):
    """No part holds: `not` and `none` of the rule files."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Test | AllOf | AnyOf | NoneOf

ALWAYS = AllOf(())

CLOCK_SKEW: Final = timedelta(minutes=1)
"""Largest lead of HubSpot's clock over this machine's before a moment counts as the future."""
Asking: TypeAlias = Callable[[Facts, datetime], bool]
"""A compiled condition: (facts, now) → whether it holds."""
Answering: TypeAlias = Callable[[Value | None, datetime], bool]
"""A compiled matcher: (the fact's value or None, now) → whether it matches."""


def holds(condition: Condition, facts: Facts, *, now: datetime) -> bool:
    """Whether the facts satisfy the condition at `now` (aware UTC)."""
    return asking(condition)(facts, now)


def first_failure(condition: Condition, facts: Facts, *, now: datetime) -> Condition | None:
    """The first part that fails, as an explanation; None if the condition holds at `now` (aware UTC).

    In an `AllOf` it is the first failing part; an `AnyOf` or `NoneOf` that fails is returned as a whole.
    """
    if isinstance(condition, AllOf):
        failures = (first_failure(part, facts, now=now) for part in condition.parts)
        return next((failure for failure in failures if failure is not None), None)
    return None if holds(condition, facts, now=now) else condition


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """What must all hold."""
    return condition.parts if isinstance(condition, AllOf) else (condition,)


def tests_in(condition: Condition) -> Iterator[Test]:
    """Every single test of a condition, in the order of the file."""
    if isinstance(condition, Test):
        yield condition
        return
    for part in condition.parts:
        yield from tests_in(part)


def as_written(condition: Condition) -> str:
    """The condition in the words of the rule file."""
    match condition:
        case Test():
            return condition.written
        case AllOf(parts):
            return ", ".join(as_written(part) for part in parts)
        case AnyOf(parts):
            return f"any of ({' | '.join(as_written(part) for part in parts)})"
        case NoneOf(parts):
            return f"none of ({' | '.join(as_written(part) for part in parts)})"


@lru_cache(maxsize=8192)
def asking(condition: Condition) -> Asking:
    """The condition, compiled for many leads and cached."""
    match condition:
        case Test(fact=fact, matcher=OneOf(values)):
            return lambda facts, _now: _is_one_of(facts.get(fact), values)
        case Test(fact=fact, matcher=matcher):
            answer = answering(matcher)
            return lambda facts, now: answer(facts.get(fact), now)
        case AllOf(parts):
            return _all_of(tuple(asking(part) for part in parts))
        case AnyOf(parts):
            some = tuple(asking(part) for part in parts)
            return lambda facts, now: any(part(facts, now) for part in some)
        case NoneOf(parts):
            none = tuple(asking(part) for part in parts)
            return lambda facts, now: not any(part(facts, now) for part in none)


def answering(matcher: Matcher) -> Answering:
    """The matcher, compiled for many values. A missing value (None) satisfies only `Unknown`."""
    match matcher:
        case OneOf(values):
            return lambda value, _now: _is_one_of(value, values)
        case Between(low, high, below):
            return _number_between(low, high, below) or (
                lambda value, _now: value is not None and lies_between(value, matcher)
            )
        case IsKnown():
            return lambda value, _now: value is not None
        case Unknown():
            return lambda value, _now: value is None
        case Contains(words):
            needles = tuple(needle(word) for word in words)
            return lambda value, _now: isinstance(value, str) and _has_one(folded_once(value), needles)
        case Within(span):
            return lambda value, now: _happened_within(value, span, now)


def moment_of(value: Value | None) -> datetime | None:
    """The value as a moment: a day is its midnight UTC; None for values without a date."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None


def _all_of(parts: tuple[Asking, ...]) -> Asking:
    """The compiled `AllOf`; one and two parts have their own code, because most conditions are that short."""
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        first, second = parts
        return lambda facts, now: first(facts, now) and second(facts, now)
    return lambda facts, now: all(part(facts, now) for part in parts)


def _number_between(low: Any, high: Any, below: Any) -> Answering | None:
    """`lies_between` for plain numbers, the commonest case; None where a bound is a date or a duration."""
    if not all(bound is None or isinstance(bound, Decimal) for bound in (low, high, below)):
        return None

    def answer(value: Any, _now: datetime) -> bool:
        return (
            value is not None
            and (low is None or value >= low)
            and (high is None or value <= high)
            and (below is None or value < below)
        )

    return answer


def _is_one_of(value: Value | None, values: frozenset[str | Decimal | bool | date]) -> bool:
    if value in values:
        return True
    if isinstance(value, frozenset):
        return not values.isdisjoint(value)
    return isinstance(value, datetime) and value.date() in values


def lies_between(value: Value, span: Between) -> bool:
    """Whether the value is in the range; a moment and a bare day compare by the day (UTC)."""
    low, high, below = (_comparable(value, bound) for bound in (span.low, span.high, span.below))
    return (
        (low is None or low[0] >= low[1])
        and (high is None or high[0] <= high[1])
        and (below is None or below[0] < below[1])
    )


def _comparable(value: Any, bound: Any) -> tuple[Any, Any] | None:
    """The value and the bound in one unit, or None without a bound.

    A moment compared with a bare day counts as its day (UTC); a bare day compared with a moment counts as
    its midnight (UTC).
    """
    if bound is None:
        return None
    if isinstance(value, datetime) and not isinstance(bound, datetime) and isinstance(bound, date):
        return value.date(), bound
    if isinstance(bound, datetime) and not isinstance(value, datetime) and isinstance(value, date):
        return moment_of(value), bound
    return value, bound


def _has_one(text: str, needles: tuple[str, ...]) -> bool:
    return any(needle in text for needle in needles)


def _happened_within(value: Value | None, span: timedelta, now: datetime) -> bool:
    moment = moment_of(value)
    return moment is not None and -CLOCK_SKEW <= now - moment <= span
