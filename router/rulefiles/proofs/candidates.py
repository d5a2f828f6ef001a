"""The reps who could take the leads of a rule, if nobody were away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Final

from msgspec import Struct

from router.policy.decision.compiled import CompiledPolicy, compile_policy
from router.policy.decision.eligibility import wishes_of
from router.policy.leads.catalog import FactType
from router.policy.leads.lead import Facts, Value
from router.policy.rules.policy import (
    Assign,
    Method,
    Policy,
    ToAccountOwner,
    ToPreviousOwner,
    ToRep,
    ToTeam,
    steps_of,
)
from router.rulefiles.proofs.boxes.domains import Kinds
from router.rulefiles.proofs.boxes.rule_space import RuleSpace

NO_FACTS: Final[Facts] = {}
"""A lead without facts: only needs with fixed values remain."""
MOST_COMBINED: Final = 400
"""Combinations of values that are tried where needs come from several facts."""


class Candidates(Struct, frozen=True):
    """The policy's reps, with the rules of a space."""

    policy: Policy
    compiled: CompiledPolicy
    """The reps as decisions see them."""
    space: RuleSpace
    kinds: Kinds
    gone: frozenset[str]
    """Reps whose HubSpot owner is archived; they get no leads, and reading team.yaml has reported it."""

    def of_step(self, step: Assign, facts: Facts) -> tuple[str, ...]:
        """The reps of a team, or the named rep, who meet such a lead's needs; none for an owner."""
        match step.to:
            case ToTeam(team):
                names: Sequence[str] = self.policy.roster.teams[team].reps
            case ToRep(rep):
                names = (rep,)
            case ToAccountOwner() | ToPreviousOwner():
                names = ()
        wishes = wishes_of(facts, () if step.method is Method.QUEUE else step.needs)
        reps = self.compiled.reps
        return tuple(
            name
            for name in names
            if name not in self.gone
            and not any(wish.folded.isdisjoint(reps[name].has[wish.kind]) for wish in wishes)
        )

    def leads_of(self, rule: int) -> Iterator[Facts]:
        """A lead for each combination of values that the needs of the rule depend on; at least one lead."""
        action = self.space.rules[rule].action
        asked = dict.fromkeys(
            need.from_fact for step in steps_of(action) for need in step.needs if need.from_fact
        )
        listed = [[(fact, value) for value in self._possible(rule, fact)] for fact in asked]
        for values in islice(product(*(values for values in listed if values)), MOST_COMBINED):
            yield dict(values)

    def _possible(self, rule: int, name: str) -> list[Value]:
        """The listed values that the fact can have in a lead that the rule takes."""
        fact = self.kinds.fact(name)
        options = [value for value, option in fact.options.items() if not option.archived]
        many = fact.type is FactType.CHOICES
        values: list[Value] = [frozenset((option,)) if many else option for option in options]
        space, boxes = self.space.fact_space, self.space.boxes_of[rule]
        if name not in space.first_of or boxes is None:
            return values
        first = space.first_of[name]
        everything = space.dimensions[first].everything
        allowed = 0
        for box in boxes:
            allowed |= box.get(first, everything)
        return [value for value in values if allowed & space.atoms_like(name, value, now=self.space.now)]


def candidates_in(policy: Policy, *, space: RuleSpace, kinds: Kinds) -> Candidates:
    """The policy's reps, with the rules of the space."""
    archived = {owner.email.lower() for owner in kinds.words.catalog.owners if owner.archived}
    gone = frozenset(rep.name for rep in policy.roster.reps.values() if rep.owner.lower() in archived)
    return Candidates(policy, compile_policy(policy), space, kinds, gone)
