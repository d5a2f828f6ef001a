"""Reach: rules that no lead can reach, because they contradict themselves or rules above take all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from router.rulefiles.proofs.boxes.rule_space import RuleSpace
from router.rulefiles.proofs.findings import Finding, own_name, with_lines
from router.rulefiles.yaml.mistakes import Severity

MOST_ASKED: Final = 200
"""Covers that are tried to name fewer rules as the cause; the remaining list is true, only longer."""
OTHERWISE: Final = "otherwise"


class Reach(Struct, frozen=True):
    """Reach of one rule: whether leads reach it and, if not, the rules above it that take them all."""

    rule: int
    is_reached: bool
    is_known: bool = True
    culprits: tuple[int, ...] = ()
    """Places of these rules; empty if the rule contradicts itself."""


def reach_of(space: RuleSpace, rule: int) -> Reach:
    """Prove whether any lead can reach the rule."""
    boxes = space.boxes_of[rule]
    if boxes is None:
        return Reach(rule, is_reached=True, is_known=False)
    answer = space.cover(boxes, among=space.above(rule))
    if answer.is_covered:
        return Reach(rule, is_reached=False, culprits=_culprits(space, rule, answer.used))
    return Reach(rule, is_reached=True, is_known=answer.known)


def reaches_of(space: RuleSpace) -> tuple[Reach, ...]:
    """The reach of each rule, in order."""
    return tuple(reach_of(space, rule) for rule in range(len(space.rules)))


def reach_findings(space: RuleSpace, reaches: tuple[Reach, ...]) -> Iterator[Finding]:
    """An error for each rule that no lead reaches, an info for each whose reach is unknown."""
    last = len(space.rules) - 1
    for reach in reaches:
        rule = space.rules[reach.rule]
        if not reach.is_known:
            message = (
                f"whether any lead reaches the rule '{rule.name}' is unknown: it is too intricate to prove"
            )
            yield Finding(
                rule.line, own_name(rule), Severity.INFO, message, "Split its condition into two rules."
            )
        elif not reach.is_reached and not reach.culprits:
            message = f"the rule '{rule.name}' can never be true: its conditions contradict each other"
            hint = "Remove one of its conditions, or the rule."
            yield Finding(rule.line, own_name(rule), _severity(space, reach), message, hint)
        elif not reach.is_reached and not (reach.rule == last and rule.name == OTHERWISE):
            # The last `otherwise` is compulsory; there may well be no lead left for it.
            takers = with_lines(space.rules[place] for place in reach.culprits)
            message = f"the rule '{rule.name}' is never reached"
            hint = f"Everything it matches is already taken by: {takers}. Move it above, or remove it."
            yield Finding(rule.line, own_name(rule), _severity(space, reach), message, hint)


def _severity(space: RuleSpace, reach: Reach) -> Severity:
    """Severity of an unreached rule: lower for an `otherwise`, and for what may change from day to day."""
    if own_name(space.rules[reach.rule]) == OTHERWISE:
        return Severity.INFO
    return Severity.WARNING if space.moves((reach.rule, *reach.culprits)) else Severity.ERROR


def _culprits(space: RuleSpace, rule: int, used: int) -> tuple[int, ...]:
    """A short list of rules that together take everything.

    Parts of the list are left out where the rest still takes everything: halves first, then single rules.
    """
    boxes = space.boxes_of[rule] or ()
    kept = space.rules_of(used)
    left = MOST_ASKED
    size = len(kept)
    while size and left > 0:
        end = len(kept)
        while end > 0 and left > 0:
            start = max(end - size, 0)
            without = kept[:start] + kept[end:]
            if space.cover(boxes, among=space.boxes_among(without)).is_covered:
                kept = without
            end, left = start, left - 1
        size //= 2
    return tuple(kept)
