"""Proofs agree with trying every lead, on thousands of random rule sets."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from router.policy.rules.conditions import asking, holds
from router.policy.rules.policy import Policy
from router.rulefiles.proofs.boxes.boxes import EVERYTHING
from router.rulefiles.proofs.boxes.rule_space import RuleSpace, rule_space
from router.rulefiles.proofs.boxes.witness import facts_in, taken_by
from router.rulefiles.proofs.gaps import left_by
from router.rulefiles.proofs.overlaps import overlap_findings
from router.rulefiles.proofs.reach import Reach, reaches_of
from tests.rulefiles.proofs.worlds import NOW, a_world, all_leads, first_matches, random_policy

RULE_SETS = 600
"""For each of the four seeds: 2,400 in all."""


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_every_verdict_is_what_trying_every_lead_finds(seed: int) -> None:
    chance = Random(seed)
    catalog = a_world()
    verdicts = {"unreachable": 0, "contradiction": 0, "gap": 0}
    for _ in range(RULE_SETS):
        policy, facts = random_policy(chance)
        leads = all_leads(facts)
        taken = first_matches(policy, leads)

        space = rule_space(policy, catalog=catalog, now=NOW)
        reaches = reaches_of(space)
        gap = left_by(space, (EVERYTHING,), rules=range(len(policy.rules)))

        assert all(reach.is_known for reach in reaches)
        assert {reach.rule for reach in reaches if reach.is_reached} == set(taken) - {None}
        contradictions = {place for place, rule in enumerate(policy.rules) if not _ever(rule.when, leads)}
        assert {reach.rule for reach in reaches if _contradicts(reach)} == contradictions
        assert (gap is not None) == (None in taken)
        assert gap is None or taken_by(space, gap) is None
        _check_culprits(reaches, policy, leads)
        _check_witnesses(space, reaches)
        verdicts["contradiction"] += len(contradictions)
        verdicts["unreachable"] += sum(bool(reach.culprits) for reach in reaches)
        verdicts["gap"] += gap is not None
    assert min(verdicts.values()) > 50, verdicts


@pytest.mark.parametrize("seed", [5, 6])
def test_an_overlap_is_only_told_with_a_lead_that_both_rules_fit(seed: int) -> None:
    chance = Random(seed)
    told = 0
    for _ in range(300):
        policy, facts = random_policy(chance)
        taken = first_matches(policy, leads := all_leads(facts))
        space = rule_space(policy, catalog=a_world(), now=NOW)

        for finding in overlap_findings(space, reaches_of(space)):
            upper = next(place for place, rule in enumerate(policy.rules) if rule.line == finding.line)
            own = [lead for lead, winner in zip(leads, taken, strict=True) if winner == upper]
            lower = [rule for rule in policy.rules if f"'{rule.name}'" in finding.message.split("down,")[1]]
            assert lower
            assert all(_ever(rule.when, own) for rule in lower)
            told += 1
    assert told > 100


def _ever(condition: Any, leads: Sequence[dict[str, Any]]) -> bool:
    asked = asking(condition)
    return any(asked(lead, NOW) for lead in leads)


def _contradicts(reach: Reach) -> bool:
    return not reach.is_reached and not reach.culprits


def _check_culprits(reaches: Sequence[Reach], policy: Policy, leads: Sequence[dict[str, Any]]) -> None:
    """The culprits take everything together, and each of them is needed for that."""
    asked = [asking(rule.when) for rule in policy.rules]
    for reach in reaches:
        mine = [lead for lead in leads if asked[reach.rule](lead, NOW)]
        if not reach.culprits:
            continue
        assert all(any(asked[culprit](lead, NOW) for culprit in reach.culprits) for lead in mine)
        for spared in reach.culprits:
            others = [culprit for culprit in reach.culprits if culprit != spared]
            assert not all(any(asked[other](lead, NOW) for other in others) for lead in mine)


def _check_witnesses(space: RuleSpace, reaches: Sequence[Reach]) -> None:
    """What a cover leaves free is a lead that the rule really takes."""
    for reach in reaches:
        if not reach.is_reached:
            continue
        answer = space.cover(space.boxes_of[reach.rule] or (), among=space.above(reach.rule))
        assert answer.free is not None
        facts = facts_in(space.fact_space, answer.free)
        assert holds(space.rules[reach.rule].when, facts, now=NOW)
        assert taken_by(space, facts) == reach.rule
