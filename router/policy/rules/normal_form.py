"""The disjunctive normal form of a condition: alternatives, each a conjunction of single questions.

A condition holds when all questions of at least one alternative get the required answer. `not` is the
plain complement of a question here, as it is in `conditions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from router.policy.rules.conditions import AllOf, AnyOf, Condition, Matcher, Test

MOST: Final = 16
"""Largest number of alternatives of one condition; with more, evaluating it in full is cheaper."""


class Question(NamedTuple):
    """One test of one fact; `negated` means that the test must fail."""

    fact: str
    matcher: Matcher
    negated: bool


Alternative: TypeAlias = tuple[Question, ...]


def alternatives(condition: Condition) -> tuple[Alternative, ...] | None:
    """The alternatives: empty if the condition can never hold by its form, None for more than 16."""
    return _alternatives(condition, negated=False)


def _alternatives(condition: Condition, *, negated: bool) -> tuple[Alternative, ...] | None:
    match condition:
        case Test(fact=fact, matcher=matcher):
            return ((Question(fact, matcher, negated),),)
        case AllOf(parts):
            return _any_of(parts, negated=True) if negated else _all_of(parts, negated=False)
        case AnyOf(parts):
            return _all_of(parts, negated=True) if negated else _any_of(parts, negated=False)
        case _:  # `NoneOf` is the complement of `AnyOf`
            parts = condition.parts
            return _any_of(parts, negated=False) if negated else _all_of(parts, negated=True)


def _any_of(parts: Sequence[Condition], *, negated: bool) -> tuple[Alternative, ...] | None:
    found: list[Alternative] = []
    for part in parts:
        more = _alternatives(part, negated=negated)
        if more is None or len(found) + len(more) > MOST:
            return None
        found.extend(more)
    return tuple(found)


def _all_of(parts: Sequence[Condition], *, negated: bool) -> tuple[Alternative, ...] | None:
    found: tuple[Alternative, ...] = ((),)
    for part in parts:
        more = _alternatives(part, negated=negated)
        if more is None or len(found) * len(more) > MOST:
            return None
        found = tuple((*one, *other) for one in found for other in more)
    return found
