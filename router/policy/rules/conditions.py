"""What a rule asks of a lead, and whether a lead answers it.

Missing never satisfies a positive test; it satisfies `not`. Nothing is ever coerced: values were
typed by the catalog when the files were loaded, and facts when the lead was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

from router.policy.leads.lead import Facts, Value
from router.policy.leads.text import folded_once, needle


@dataclass(frozen=True, slots=True)
class OneOf:
    """The fact equals one of these; a multiple choice includes at least one of these."""

    values: frozenset[str | Decimal | bool | date]


@dataclass(frozen=True, slots=True)
class Between:
    """The fact lies in a range: `low` and `high` included, `below` excluded; None is open."""

    low: Decimal | date | datetime | timedelta | None = None
    high: Decimal | date | datetime | timedelta | None = None
    below: Decimal | date | datetime | timedelta | None = None


@dataclass(frozen=True, slots=True)
class IsKnown:
    """The fact is there."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The fact is missing."""


@dataclass(frozen=True, slots=True)
class Contains:
    """The text has one of these whole words, case and accents folded; a final `*` makes it a beginning."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """The moment lies in the past, at most `span` ago."""

    span: timedelta


Matcher: TypeAlias = OneOf | Between | IsKnown | Unknown | Contains | Within


@dataclass(frozen=True, slots=True)
class Test:
    """One question about one fact; `written` is how the rule file asks it, `line` where."""

    __test__ = False  # pytest would take the name for a test class

    fact: str
    matcher: Matcher
    written: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; empty holds always."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No part holds: `not` and `none` of the rule files."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Test | AllOf | AnyOf | NoneOf

ALWAYS = AllOf(())

CLOCK_SKEW: Final = timedelta(minutes=1)
"""How far HubSpot's clock may run ahead of ours before a moment counts as the future."""
Asking: TypeAlias = Callable[[Facts, datetime], bool]
"""A condition made ready: (facts, now) → whether it holds."""
Answering: TypeAlias = Callable[[Value | None, datetime], bool]
"""A matcher made ready: (the fact's value or None, now) → whether it matches."""


def holds(condition: Condition, facts: Facts, *, now: datetime) -> bool:
    """Whether the facts satisfy the condition at `now` (aware UTC)."""
    return asking(condition)(facts, now)


def first_failure(condition: Condition, facts: Facts, *, now: datetime) -> Condition | None:
    """The first part that fails, to explain a No; None if the condition holds.

    Of several parts that must all hold it is the first that does not; where any would do, or none may,
    it is that whole group.
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
    """The condition made ready for many leads."""
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
    """The matcher made ready for many values. A missing value (None) satisfies `Unknown` alone."""
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
    """The moment a value stands for; a day is its midnight UTC, anything but a date is None."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None


def _all_of(parts: tuple[Asking, ...]) -> Asking:
    """One and two parts are nearly all there is; they are spelled out because they are asked most."""
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        first, second = parts
        return lambda facts, now: first(facts, now) and second(facts, now)
    return lambda facts, now: all(part(facts, now) for part in parts)


def _number_between(low: Any, high: Any, below: Any) -> Answering | None:
    """`lies_between` for plain numbers, the most asked; None where a bound is a date or a duration."""
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
    """The value and the bound in one unit: against a bare day, a moment counts as its day (UTC), and back."""
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
