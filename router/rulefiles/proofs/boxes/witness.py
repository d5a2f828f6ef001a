"""Witnesses: example leads for a proof, checked with the matcher that routes real leads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from router.policy.leads.lead import Facts, Value
from router.policy.rules.conditions import Condition, holds, tests_in
from router.rulefiles.proofs.boxes.boxes import Box, Space
from router.rulefiles.proofs.boxes.rule_space import RuleSpace
from router.rulefiles.proofs.boxes.tokens import choices_of, text_of

MOST_SHOWN: Final = 6
"""Facts of an example that are shown."""


def facts_in(space: Space, box: Box) -> Facts:
    """A lead that lies in the box; facts that the box leaves free are missing where they may be."""
    facts: dict[str, Value] = {}
    tokens: dict[str, list[str]] = {}
    for place, dimension in enumerate(space.dimensions):
        atoms = box.get(place, dimension.everything)
        if dimension.token:
            if atoms & 0b01 == 0:
                tokens.setdefault(dimension.fact, []).append(dimension.token)
            continue
        allowed = [values for atom, values in enumerate(dimension.atoms) if atoms >> atom & 1]
        value = None if any(None in values for values in allowed) else allowed[0][0]
        if value is not None:
            facts[dimension.fact] = value
    for fact, found in tokens.items():
        many = isinstance(facts.get(fact), frozenset)
        value = choices_of(found) if many else text_of(found)
        if value is not None:
            facts[fact] = value
    return facts


def taken_by(space: RuleSpace, facts: Facts) -> int | None:
    """The rule that would take such a lead at `space.now`, found by the index that routes leads; or None."""
    return space.index.first(facts, space.now)


def fits(space: RuleSpace, condition: Condition, facts: Facts) -> bool:
    """True if the condition holds for these facts."""
    return holds(condition, facts, now=space.now)


def for_example(facts: Facts, *, conditions: Iterable[Condition]) -> str:
    """Text such as `For example: country=FR, zip=unknown.`, with known facts first, then unknown ones."""
    named = list(dict.fromkeys(test.fact for condition in conditions for test in tests_in(condition)))
    listed = [f"{fact}={shown(facts[fact])}" for fact in named if fact in facts]
    listed += [f"{fact}=unknown" for fact in named if fact not in facts]
    if not listed:
        return "For example: any lead."
    return f"For example: {', '.join(listed[:MOST_SHOWN])}" + (" …" if len(listed) > MOST_SHOWN else ".")


def shown(value: Value) -> str:
    """The value as rule files write it."""
    match value:
        case frozenset():
            return ";".join(sorted(value))
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value.normalize():f}"
        case datetime():
            return f"{value:%Y-%m-%dT%H:%MZ}"
        case date():
            return value.isoformat()
        case timedelta():
            return f"{value.days}d" if value.days else str(value)
        case _:
            return value
