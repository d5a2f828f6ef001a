"""All proofs about a policy, as mistakes with their places.

Errors are rules that can never match; findings that deserve a look are warnings, and those that are good to
know are infos. A result that could not be reached within the budget is called unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from router.policy.leads.catalog import Catalog
from router.policy.rules.policy import Policy
from router.rulefiles.proofs.boxes.domains import kinds_of
from router.rulefiles.proofs.boxes.rule_space import BUDGET, rule_space
from router.rulefiles.proofs.boxes.witness import for_example
from router.rulefiles.proofs.candidates import candidates_in
from router.rulefiles.proofs.gaps import gap_findings, left_to_otherwise
from router.rulefiles.proofs.openings import opening_findings
from router.rulefiles.proofs.overlaps import overlap_findings
from router.rulefiles.proofs.people import idle_findings
from router.rulefiles.proofs.places import placed
from router.rulefiles.proofs.pools import pool_findings
from router.rulefiles.proofs.reach import reach_findings, reaches_of
from router.rulefiles.proofs.usage import untested_findings, unused_findings
from router.rulefiles.yaml.mistakes import Mistake, in_order

_NO_FILES: Final[Mapping[str, bytes]] = MappingProxyType({})


def prove(
    policy: Policy,
    *,
    catalog: Catalog,
    now: datetime,
    files: Mapping[str, bytes] = _NO_FILES,
    reached: Collection[str] | None = None,
    last_used: Mapping[str, datetime | None] | None = None,
    budget: int = BUDGET,
) -> tuple[Mistake, ...]:
    """All findings about the policy, by file and place.

    `now` (aware UTC) is the moment from which ages and the coming 60 days count, `files` are the rule files
    by name, to show their lines. `reached` are the full names of rules that tests reach and `last_used` says
    when rules last took a lead; without them tests and use are not judged. `budget` bounds the work, in
    comparisons; what it does not suffice for is called unknown.
    """
    space = rule_space(policy, catalog=catalog, now=now, budget=budget)
    reaches = reaches_of(space)
    candidates = candidates_in(policy, space=space, kinds=kinds_of(policy, catalog))
    findings = [
        *reach_findings(space, reaches),
        *overlap_findings(space, reaches),
        *gap_findings(space),
        *idle_findings(candidates, reaches),
        *pool_findings(candidates, reaches, now=now),
        *opening_findings(candidates, reaches, now=now),
    ]
    if reached is not None:
        # No test can reach a rule that no lead reaches, and that finding is reported already.
        testable = [rule for rule, reach in zip(policy.rules, reaches, strict=True) if reach.is_reached]
        findings += untested_findings(testable, reached)
    if last_used is not None:
        findings += unused_findings(policy.rules, last_used, now=now)
    return in_order(placed(findings, files))


def left_over(policy: Policy, *, catalog: Catalog, now: datetime, budget: int = BUDGET) -> str | None:
    """Example of a lead that only the last `otherwise` takes; None if the rules above take every lead."""
    facts = left_to_otherwise(rule_space(policy, catalog=catalog, now=now, budget=budget))
    return None if facts is None else for_example(facts, conditions=[rule.when for rule in policy.rules])
