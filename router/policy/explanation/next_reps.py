"""The reps who would get the next leads after a decision, if all were equal to the decided lead."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Assigned, Decision
from router.policy.decision.inputs import DecisionRequest, World


def next_reps(decision: Decision, compiled: CompiledPolicy, world: World) -> Iterator[str]:
    """The reps of this lead and of equal leads after it, without end.

    The iterator stops only when a lead does not go to a rep. `world` is the world of this decision.
    """
    request = DecisionRequest(decision.contact_id)
    facts = decision.facts
    while isinstance(decision.outcome, Assigned) and decision.outcome.rep is not None:
        yield decision.outcome.rep
        world = replace(world, book=world.book.apply(decision.book_changes))
        decision = decide_on_facts(compiled, facts, world, request)
