"""Overlaps: leads that fit two rules which would send them to different places, so that order matters.

Only rules that cross are reported, each with leads of its own: a special case above the general one is how
rules are meant to be written ("correlation" and "generalization" of firewall rules in Al-Shaer & Hamed,
"Modeling and Management of Firewall Policies", IEEE TNSM 2004). A rule that gives its leads no owner (`do:
nothing`) is meant to come first, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from router.policy.leads.lead import Facts
from router.policy.rules.policy import DoNothing, Rule
from router.rulefiles.proofs.boxes.atoms import bits
from router.rulefiles.proofs.boxes.boxes import Box, intersection
from router.rulefiles.proofs.boxes.rule_space import RuleSpace
from router.rulefiles.proofs.boxes.witness import facts_in, fits, for_example, taken_by
from router.rulefiles.proofs.findings import Finding, few_of, group_of, own_name
from router.rulefiles.proofs.reach import Reach
from router.rulefiles.yaml.mistakes import Severity

MOST_TOLD: Final = 25
"""Overlaps that are listed; with more of them, `router explain` of single leads helps better."""
MOST_TRIED: Final = 12
"""Rules or groups below for which an example is looked for, for each rule."""
MOST_PROVED: Final = 3
"""Rules or groups below that are proved and named; of others the message says "perhaps"."""

Pair: TypeAlias = tuple[int, int]
"""A rule, and one further down that crosses it."""


def overlap_findings(space: RuleSpace, reaches: Sequence[Reach]) -> Iterator[Finding]:
    """An info for each rule or group whose leads other rules below would send elsewhere, with an example."""
    by_entry: dict[str, dict[str, Pair]] = {}
    for rule, other in _pairs(space, reaches):
        upper, lower = _entries(space.rules[rule], space.rules[other])
        by_entry.setdefault(upper, {}).setdefault(lower, (rule, other))
    found = (_overlap(space, upper, pairs) for upper, pairs in by_entry.items())
    listed = list(islice((finding for finding in found if finding is not None), MOST_TOLD + 1))
    yield from listed[:MOST_TOLD]
    if len(listed) > MOST_TOLD:
        message = f"more rules, from line {listed[-1].line} on, share leads with others further down"
        hint = f"The first {MOST_TOLD} are listed; 'router explain' tells of any lead which rule takes it."
        yield Finding(listed[-1].line, listed[-1].subject, Severity.INFO, message, hint)


def _pairs(space: RuleSpace, reaches: Sequence[Reach]) -> Iterator[Pair]:
    """Each live rule with the first few below that cross it and have another outcome."""
    live = [reach.rule for reach in reaches if reach.is_reached and reach.is_known]
    living = space.boxes_among(live) & ~space.boxes_among(())
    alike: dict[str, list[int]] = {}
    for rule in live:
        alike.setdefault(_outcome(space.rules[rule]), []).append(rule)
    unlike = {outcome: living & ~space.boxes_among(rules) for outcome, rules in alike.items()}
    for rule in live:
        if isinstance(space.rules[rule].action, DoNothing):
            continue
        below = unlike[_outcome(space.rules[rule])] & ~space.above(rule + 1)
        seen: dict[tuple[str, str], int] = {}
        for other in _crossing(space, rule, below):
            seen.setdefault(_entries(space.rules[rule], space.rules[other]), other)
            if len(seen) > MOST_TRIED:
                break
        for other in seen.values():
            yield rule, other


def _crossing(space: RuleSpace, rule: int, among: int) -> Iterator[int]:
    """The rules that share leads with this one while each has others too, as far as single boxes show."""
    crossing = enclosing = 0
    for box in space.boxes_of[rule] or ():
        meeting = around = space.boxes.meeting(box, among)
        outside = 0
        for dimension, unlimited in enumerate(space.boxes.unlimited):
            if dimension not in box:
                around &= unlimited
                continue
            atoms = box[dimension]
            around &= space.boxes.compared(dimension, atoms)[1]
            others = space.fact_space.dimensions[dimension].everything & ~atoms
            outside |= space.boxes.compared(dimension, others)[0]
        crossing |= meeting & outside & ~around
        enclosing |= around
    general = set(space.rules_of(enclosing))
    for box_number in bits(crossing):
        other = space.owners[box_number]
        if other not in general:
            yield other


def _entries(rule: Rule, other: Rule) -> tuple[str, str]:
    """Two rules of one group by their own names; else each by its group's, if it is in one."""
    group, other_group = group_of(rule), group_of(other)
    if group and group == other_group:
        return f"'{rule.name}'", f"'{other.name}'"
    return (
        f"the group '{group}'" if group else f"'{rule.name}'",
        f"the group '{other_group}'" if other_group else f"'{other.name}'",
    )


def _overlap(space: RuleSpace, upper: str, pairs: dict[str, Pair]) -> Finding | None:
    proved: list[str] = []
    first: tuple[Pair, Facts] | None = None
    for lower, pair in islice(pairs.items(), MOST_TRIED):
        facts = _lead_of_both(space, pair)
        if facts is None:
            continue
        first = first or (pair, facts)
        proved.append(lower)
        if len(proved) == MOST_PROVED:
            break
    if first is None:
        return None
    (rule, other), facts = first
    more = len(pairs) > MOST_TRIED or len(proved) == MOST_PROVED < len(pairs)
    names = few_of(proved) + (" and perhaps others" if more else "")
    message = f"some leads fit {upper} and also, further down, {names}; the first one takes them"
    example = for_example(facts, conditions=(space.rules[rule].when, space.rules[other].when))
    hint = f"{example} If that is not meant, exchange the two."
    return Finding(space.rules[rule].line, own_name(space.rules[rule]), Severity.INFO, message, hint)


def _lead_of_both(space: RuleSpace, pair: Pair) -> Facts | None:
    """A lead that the first rule takes and the other would take without it, checked with the real matcher."""
    rule, other = pair
    for box in space.boxes_of[rule] or ():
        for lower in space.boxes_of[other] or ():
            facts = _lead_in(space, intersection(box, lower), above=space.above(rule))
            if facts is None or taken_by(space, facts) != rule:
                continue
            if fits(space, space.rules[other].when, facts):
                return facts
    return None


def _lead_in(space: RuleSpace, box: Box | None, *, above: int) -> Facts | None:
    answer = None if box is None else space.cover((box,), among=above)
    return None if answer is None or answer.free is None else facts_in(space.fact_space, answer.free)


def _outcome(rule: Rule) -> str:
    """The rule's outcome as a text to compare, because the values a nurture sets cannot be hashed."""
    return repr((rule.action, rule.sla, rule.status))
