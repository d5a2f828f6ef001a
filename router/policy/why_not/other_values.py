"""Other values of a fact: one for each different combination of answers to the rules' questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast

from msgspec import Struct

from router.hubspot.properties import LAST_CONVERSION
from router.policy.leads.catalog import FactType
from router.policy.leads.lead import Value
from router.policy.rules.conditions import (
    Between,
    Contains,
    IsKnown,
    Matcher,
    OneOf,
    Within,
    answering,
    tests_in,
)
from router.policy.rules.policy import Policy, steps_of

ANY_OTHER: Final = "⁂"
"""A placeholder for a text or option that no rule names; it contains no whole word of a rule."""
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_LIKE_A_MOMENT: Final = 90 * _DAY


class Other(Struct, frozen=True):
    """One other value (None: missing); `others` are values with the same answers to all questions.

    `distance` (0 or more) is the distance from the lead's own value: 1 for another option, up to 1 between
    two numbers or moments, above 1 for a value that would have to be cleared.
    """

    value: Value | None
    distance: float
    others: tuple[Value, ...] = ()


def questions_of(policy: Policy) -> Mapping[str, tuple[Matcher, ...]]:
    """All questions about each fact, from rules, segments, points tables and needs."""
    asked: dict[str, dict[Matcher, None]] = {}
    tests = [test for rule in policy.rules for test in tests_in(rule.when)]
    tests += [test for segment in policy.segments if segment.when for test in tests_in(segment.when)]
    for test in tests:
        asked.setdefault(test.fact, {})[test.matcher] = None
    grids = (policy.scoring.grade.fit, policy.scoring.grade.engagement)
    for card, grid in zip((policy.scoring.fit, policy.scoring.engagement), grids, strict=True):
        for table in card.tables:
            matchers = [line.matcher for line in table.lines if line.matcher is not None]
            asked.setdefault(table.fact, {}).update(dict.fromkeys(matchers))
        if card.use is not None:
            asked.setdefault(card.use, {}).update(dict.fromkeys(span for _, span in grid))
        if card.decay is not None:
            asked.setdefault(LAST_CONVERSION, {})
    for rule in policy.rules:
        for step in steps_of(rule.action):
            for need in (*step.needs, *step.prefer):
                if need.from_fact is not None:
                    asked.setdefault(need.from_fact, {}).update(dict.fromkeys(_wishes(policy, need.kind)))
    return {fact: tuple(matchers) for fact, matchers in asked.items()}


def _wishes(policy: Policy, kind: str) -> Iterator[Matcher]:
    """The questions behind a need: whether the fact is known, and whether it names a rep's ability."""
    yield IsKnown()
    for rep in policy.roster.reps.values():
        had = {"skill": rep.skills, "language": rep.languages, "level": (rep.level,) if rep.level else ()}
        yield from (OneOf(frozenset((value,))) for value in had.get(kind, ()))


def other_values(
    kind: str, questions: Iterable[Matcher], *, current: Value | None, now: datetime
) -> tuple[Other, ...]:
    """The values of the FactType `kind` that differ from `current` in some answer, nearest first.

    There is one value for each combination of answers at `now` (aware UTC). For dates and moments `now`
    itself is included, because decaying points distinguish moments that no question distinguishes.
    """
    asked = tuple(questions)
    answers = tuple(answering(matcher) for matcher in asked)

    def seen(value: Value | None) -> tuple[bool, ...]:
        return tuple(answer(value, now) for answer in answers)

    by_answers: dict[tuple[bool, ...], list[Value | None]] = {}
    for value in (*_constants(kind, asked, current, now), None):
        known = by_answers.setdefault(seen(value), [])
        if value not in known:
            known.append(value)
    found = []
    for answered, values in by_answers.items():
        if answered != seen(current):
            found.append(_nearest(values, current))
    if kind in (FactType.DATE, FactType.DATETIME):
        fresh: Value = now if kind == FactType.DATETIME else now.date()
        if fresh != current and all(one.value != fresh for one in found):
            found.append(Other(fresh, _distance(current, fresh)))
    return tuple(sorted(found, key=lambda one: (one.distance, str(one.value))))


def _nearest(values: list[Value | None], current: Value | None) -> Other:
    ranked = sorted(values, key=lambda value: (_distance(current, value), str(value)))
    others = [value for value in ranked[1:] if value is not None and isinstance(value, str)]
    return Other(ranked[0], _distance(current, ranked[0]), tuple(o for o in others if o != ANY_OTHER))


def _constants(kind: str, asked: Iterable[Matcher], current: Value | None, now: datetime) -> Iterator[Value]:
    """The constants in the questions, and their neighbours."""
    for matcher in asked:
        match matcher:
            case OneOf(values):
                for value in values:
                    yield from _with(kind, value, current)
            case Contains(words):
                yield from (word.rstrip("* ") for word in words)
            case Between(low, high, below):
                for bound in (low, high, below):
                    yield from _around(kind, bound)
            case Within(span):
                for moment in (now, now - span, now - span - _MINUTE, now - span - _DAY):
                    yield moment if kind == FactType.DATETIME else moment.date()
    match kind:
        case FactType.TEXT | FactType.CHOICE:
            yield ANY_OTHER
        case FactType.CHOICES:
            yield frozenset((ANY_OTHER,))
        case FactType.BOOL:
            yield from (True, False)
        case FactType.NUMBER if current is None:
            yield Decimal(0)


def _with(kind: str, value: Any, current: Value | None) -> Iterator[Value]:
    if kind != FactType.CHOICES:
        yield value
        return
    yield frozenset((value,))
    if isinstance(current, frozenset):
        yield current | {value}
        if len(current) > 1:
            yield current - {value}


def _around(kind: str, bound: Any) -> Iterator[Value]:
    if bound is None:
        return
    step: Any = {FactType.NUMBER: Decimal(1), FactType.DATE: _DAY}.get(FactType(kind), _MINUTE)
    if isinstance(bound, date) and not isinstance(bound, datetime):
        step = _DAY
    yield from (bound, bound - step, bound + step)


def _distance(current: Value | None, value: Value | None) -> float:
    if value == current:
        return 0
    if value is None:
        return 1.5
    if ANY_OTHER in (value, *(value if isinstance(value, frozenset) else ())):
        return 1.4
    if isinstance(value, frozenset) and isinstance(current, frozenset):
        return float(len(value ^ current))
    if isinstance(value, Decimal) and isinstance(current, Decimal):
        return float(abs(value - current) / max(abs(value), abs(current), Decimal(1)))
    if isinstance(value, timedelta | date) and type(value) is type(current):
        apart: timedelta = abs(cast("Any", value) - current)
        return min(apart / _LIKE_A_MOMENT, 1.0)
    return 1.0
