"""The reps who get the leads that come after a decision, if all are like the one that was decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Assigned, Decision
from router.policy.decision.inputs import DecisionRequest, World


def next_reps(decision: Decision, compiled: CompiledPolicy, world: World) -> Iterator[str]:
    """The reps of this lead and of equal ones after it, without end, until one does not go to a rep.

    `world` is the one in which this decision was made.
    """
    request = DecisionRequest(decision.contact_id)
    facts = decision.facts
    while isinstance(decision.outcome, Assigned) and decision.outcome.rep is not None:
        yield decision.outcome.rep
        world = replace(world, book=world.book.apply(decision.book_changes))
        decision = decide_on_facts(compiled, facts, world, request)
