"""The answer to "why not there?": the obstacles, and the smallest change that would send the lead there."""

from __future__ import annotations

from itertools import islice
from typing import Final

from msgspec import Struct

from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decision import Decision
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.decision.trigger import Revised
from router.policy.explanation.destination import Wanted, leads_to
from router.policy.explanation.next_reps import next_reps
from router.policy.leads.lead import Facts, Value
from router.policy.rules.conditions import as_written, first_failure
from router.policy.rules.facts import facts_needed
from router.policy.rules.policy import Rule
from router.policy.why_not.counterfactual import Search, Trial, nearest
from router.policy.why_not.other_values import Other, questions_of

MOST_TURNS: Final = 200
"""Largest number of further leads that are decided to find when the rep is next."""


class Road(Struct, frozen=True):
    """A rule that leads there, and its obstacle: `failed`, its failing part, or `taken_by`, the rule above.

    Both are None for the rule that took the lead.
    """

    rule: Rule
    failed: str | None = None
    taken_by: str | None = None


class FactChange(Struct, frozen=True):
    """One fact to change, from `before` to `after` (None: missing).

    `others` are values with the same effect; `follows` are the facts that change as a consequence.
    """

    fact: str
    before: Value | None
    after: Value | None
    others: tuple[Value, ...] = ()
    follows: tuple[tuple[str, Value | None], ...] = ()


class WhyNot(Struct, frozen=True):
    """The answer: the actual decision, and the fewest changes that send the lead to `wanted`.

    Empty `changes`: none is needed, because the lead goes there, or the rep gets one of the next such
    leads. None: no change of up to three facts is enough or, where `is_complete` is False, none was found
    within the limits. `then` is the decision after the changes. `turns`, for a rep, is the number of such
    leads that go to other reps first; None where the rep does not get leads by rotation.
    """

    wanted: Wanted
    decision: Decision
    roads: tuple[Road, ...]
    passed_over: str | None
    changes: tuple[FactChange, ...] | None
    then: Decision | None
    turns: int | None
    is_complete: bool
    trials: int
    kept_by: str | None = None
    """The rep who had the lead when it was revised, and keeps it; None for any other decision."""


def why_not(
    compiled: CompiledPolicy, facts: Facts, wanted: Wanted, world: World, request: DecisionRequest
) -> WhyNot:
    """The answer why the lead with these facts does not go to `wanted`, and which changes would help.

    Candidate values are the constants of the rules and their neighbours. Every answer is confirmed by a
    decision. The best answer has the fewest changed facts, then the smallest distance.
    """
    policy = compiled.policy
    search = Search(
        compiled=compiled,
        wanted=wanted,
        targets=tuple(rule for rule in policy.rules if leads_to(rule, wanted, policy)),
        rules={(rule.name, rule.line): rule for rule in policy.rules},
        questions=questions_of(policy),
        types=facts_needed(policy),
        world=world,
        request=request,
    )
    actual = search.first(facts)
    best = nearest(search, actual)
    reasons = {passed.rep: passed.reason for passed in actual.decision.passed_over}
    return WhyNot(
        wanted=wanted,
        decision=actual.decision,
        roads=tuple(_road(rule, search, actual) for rule in search.targets),
        passed_over=reasons.get(wanted.name) if wanted.kind == "rep" else None,
        changes=None if best is None else _changes(search, actual, best),
        then=None if best is None else best.decision,
        turns=None if best is None else _turns(search, best),
        is_complete=best is not None or search.is_whole,
        trials=search.trials,
        kept_by=_keeper(actual.decision, request),
    )


def _keeper(decision: Decision, request: DecisionRequest) -> str | None:
    trigger = request.trigger
    keeps = isinstance(trigger, Revised) and trigger.owner_id == decision.owner_id
    return trigger.rep if isinstance(trigger, Revised) and keeps else None


def _road(rule: Rule, search: Search, actual: Trial) -> Road:
    decision = actual.decision
    if (rule.name, rule.line) == (decision.rule, decision.rule_line):
        return Road(rule)
    failure = first_failure(rule.when, actual.judged, now=search.now)
    return Road(rule, taken_by=decision.rule) if failure is None else Road(rule, failed=as_written(failure))


def _changes(search: Search, actual: Trial, best: Trial) -> tuple[FactChange, ...]:
    return tuple(
        FactChange(
            fact=fact,
            before=actual.facts.get(fact),
            after=chosen.value,
            others=tuple(other for other in chosen.others if _does_too(search, actual, best, fact, other)),
            follows=_follows(search, actual, fact, chosen),
        )
        for fact, chosen in best.changes.items()
    )


def _does_too(search: Search, actual: Trial, best: Trial, fact: str, other: Value) -> bool:
    """Whether this value has the same effect; points may differ although all answers are equal."""
    instead = {**best.changes, fact: Other(other, 1.0)}
    return search.tried(actual.facts, instead).rank <= best.rank


def _follows(search: Search, actual: Trial, fact: str, chosen: Other) -> tuple[tuple[str, Value | None], ...]:
    alone = search.with_changes(actual.facts, {fact: chosen})
    names = sorted(name for name in {*alone, *actual.facts} if name != fact)
    return tuple((name, alone.get(name)) for name in names if alone.get(name) != actual.facts.get(name))


def _turns(search: Search, best: Trial) -> int | None:
    """The number of such leads that go to other reps before the rep is next; None if above the limit."""
    if search.wanted.kind != "rep":
        return None
    reps = next_reps(best.decision, search.compiled, search.world)
    return next(
        (turn for turn, rep in enumerate(islice(reps, MOST_TURNS)) if rep == search.wanted.name), None
    )
