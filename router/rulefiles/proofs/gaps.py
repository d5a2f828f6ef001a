"""Gaps: leads that no rule takes, or only the last `otherwise`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from router.policy.leads.lead import Facts
from router.policy.rules.conditions import AllOf, Condition, parts_of
from router.policy.rules.policy import Rule
from router.rulefiles.proofs.boxes.boxes import EVERYTHING, Box
from router.rulefiles.proofs.boxes.rule_space import RuleSpace
from router.rulefiles.proofs.boxes.witness import facts_in, fits, for_example, taken_by
from router.rulefiles.proofs.findings import Finding, group_of, own_name
from router.rulefiles.yaml.mistakes import Severity


def gap_findings(space: RuleSpace) -> Iterator[Finding]:
    """An error if leads match no rule at all, and an info for each group that lets leads through."""
    facts = left_by(space, (EVERYTHING,), rules=range(len(space.rules)))
    if facts is not None and taken_by(space, facts) is None:
        line = space.rules[-1].line if space.rules else 1
        message = "some leads match no rule and there is no 'otherwise'"
        conditions = tuple(rule.when for rule in space.rules)
        yield Finding(line, "", Severity.ERROR, message, for_example(facts, conditions=conditions))
    for group, members in _groups(space.rules).items():
        finding = _gap_in_group(space, group, members)
        if finding is not None:
            yield finding


def left_by(space: RuleSpace, boxes: Sequence[Box], *, rules: Sequence[int]) -> Facts | None:
    """A lead in the boxes that none of the rules takes; None if there is none, or none was found."""
    answer = space.cover(boxes, among=space.boxes_among(rules))
    if answer.free is None:
        return None
    facts = facts_in(space.fact_space, answer.free)
    return None if any(fits(space, space.rules[rule].when, facts) for rule in rules) else facts


def left_to_otherwise(space: RuleSpace) -> Facts | None:
    """An example of a lead that only the last rule takes, or None."""
    return left_by(space, (EVERYTHING,), rules=range(len(space.rules) - 1))


def _gap_in_group(space: RuleSpace, group: str, members: Sequence[int]) -> Finding | None:
    """A finding if leads meet the common condition of a group's rules, but none of the rules.

    That common condition is the group's own, or a narrower one.
    """
    common = _common_parts([space.rules[member].when for member in members])
    boxes = space.fact_space.boxes(common)
    if not common.parts or boxes is None:
        return None
    facts = left_by(space, boxes, rules=members)
    if facts is None or not fits(space, common, facts):
        return None
    first = space.rules[members[0]]
    conditions = (common, *(space.rules[member].when for member in members))
    message = f"some leads of the group '{group}' fit none of its rules and go on to the rules below it"
    hint = f"{for_example(facts, conditions=conditions)} Add 'otherwise' to keep them."
    return Finding(first.line, own_name(first), Severity.INFO, message, hint)


def _groups(rules: Sequence[Rule]) -> dict[str, list[int]]:
    """The places of each group's rules, by the group's name; a rule's full name begins with it."""
    groups: dict[str, list[int]] = {}
    for place, rule in enumerate(rules):
        group = group_of(rule)
        if group:
            groups.setdefault(group, []).append(place)
    return groups


def _common_parts(conditions: Sequence[Condition]) -> AllOf:
    """The parts with which all these conditions begin; a group's condition stands before a rule's own."""
    listed = map(parts_of, conditions)
    common = []
    for parts in zip(*listed, strict=False):
        if any(part != parts[0] for part in parts):
            break
        common.append(parts[0])
    return AllOf(tuple(common))
