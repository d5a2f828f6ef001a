"""All rules of a policy as boxes, the basis of every proof about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import Struct

from router.policy.leads.catalog import Catalog
from router.policy.rules.conditions import Condition, Within, tests_in
from router.policy.rules.policy import Policy, Rule
from router.policy.rules.rule_index import Index
from router.rulefiles.proofs.boxes.atoms import bits
from router.rulefiles.proofs.boxes.boxes import Box, Space, space_of
from router.rulefiles.proofs.boxes.cover import Boxes, CoverResult, boxes_in
from router.rulefiles.proofs.boxes.domains import kinds_of
from router.rulefiles.proofs.boxes.links import impossible

BUDGET: Final = 3_000_000
"""Comparisons for all questions together, about five seconds; a thousand real rules need a tenth of it."""
_SHARE: Final = 20
"""A single question gets at most one part in this many of the budget."""
_LEAST: Final = 2_000
"""Comparisons that a question gets even when the budget is used up: plain ones are always answered."""


@dataclass(slots=True)
class SearchBudget:
    """Comparisons left for all questions, so that hard ones together end in time, too."""

    left: int
    most: int
    """Most comparisons for one question."""

    def allowance(self) -> int:
        """Comparisons that the next question may make."""
        return max(min(self.left, self.most), min(_LEAST, self.most))


class RuleSpace(Struct, frozen=True):
    """The rules, their space of facts, and their boxes behind those of impossible leads."""

    rules: tuple[Rule, ...]
    fact_space: Space
    boxes_of: tuple[tuple[Box, ...] | None, ...]
    """By rule; None for a condition with too many boxes, which then covers nothing."""
    boxes: Boxes
    starts: tuple[int, ...]
    """By rule the number of its first box; behind the last rule's, the number of all boxes."""
    owners: tuple[int, ...]
    """By box its rule; -1 for impossible leads."""
    index: Index
    """The matcher that routes leads: every example is checked with it."""
    moving: frozenset[str]
    """Facts compared both with ages and with dates: results about them may change from day to day."""
    now: datetime
    search_budget: SearchBudget

    def above(self, rule: int) -> int:
        """The boxes of all rules above this one, and those of impossible leads."""
        return (1 << self.starts[rule]) - 1

    def rules_of(self, boxes: int) -> list[int]:
        """The rules that these boxes belong to, in order."""
        owners = dict.fromkeys(self.owners[box] for box in bits(boxes))
        return sorted(owner for owner in owners if owner >= 0)

    def boxes_among(self, rules: Iterable[int]) -> int:
        """The boxes of these rules, and those of impossible leads."""
        found = self.above(0)
        for rule in rules:
            found |= (1 << self.starts[rule + 1]) - (1 << self.starts[rule])
        return found

    def cover(self, boxes: Sequence[Box], *, among: int) -> CoverResult:
        """Search whether those `among` all boxes cover each of these; stops at the first that they do not."""
        used = 0
        for box in boxes:
            answer = self.boxes.cover(box, among=among, budget=self.search_budget.allowance())
            self.search_budget.left -= answer.spent
            if not answer.is_covered:
                return answer
            used |= answer.used
        return CoverResult(used=used)

    def moves(self, rules: Iterable[int]) -> bool:
        """True if results about these rules may change from day to day."""
        return any(test.fact in self.moving for rule in rules for test in tests_in(self.rules[rule].when))


def rule_space(policy: Policy, *, catalog: Catalog, now: datetime, budget: int = BUDGET) -> RuleSpace:
    """The policy's rules as boxes, in the values that the catalog knows. `now` is an aware UTC datetime."""
    rules = policy.rules
    conditions = [rule.when for rule in rules]
    space = space_of(conditions, kinds=kinds_of(policy, catalog), now=now)
    boxes_of = tuple(space.boxes(condition) for condition in conditions)
    boxes: list[Box] = list(impossible(space))
    owners = [-1] * len(boxes)
    starts = []
    for rule, found in enumerate(boxes_of):
        starts.append(len(boxes))
        boxes += found or ()
        owners += [rule] * len(found or ())
    starts.append(len(boxes))
    return RuleSpace(
        rules=rules,
        fact_space=space,
        boxes_of=boxes_of,
        boxes=boxes_in(space, boxes),
        starts=tuple(starts),
        owners=tuple(owners),
        index=Index(conditions),
        moving=_moving(conditions),
        now=now,
        search_budget=SearchBudget(left=budget, most=budget // _SHARE),
    )


def _moving(conditions: Iterable[Condition]) -> frozenset[str]:
    aged: set[str] = set()
    dated: set[str] = set()
    for condition in conditions:
        for test in tests_in(condition):
            (aged if isinstance(test.matcher, Within) else dated).add(test.fact)
    return frozenset(aged & dated)
