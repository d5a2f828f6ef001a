"""The explanation of a typed lead, by the rules on disk, an empty book and the catalog's owners."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from router.cli.shared.failures import UserError
from router.cli.shared.formatting import print_json
from router.cli.shared.rules_here import RulesHere
from router.cli.shared.screen import screen, tree
from router.policy.decision.compiled import compile_policy
from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Decision
from router.policy.decision.inputs import DecisionRequest, Inputs, World
from router.policy.decision.trigger import Revised
from router.policy.explanation.decision_record import as_record
from router.policy.explanation.destination import wanted_named
from router.policy.explanation.explanation import explain
from router.policy.explanation.next_reps import next_reps
from router.policy.explanation.step import Step
from router.policy.leads.catalog import Owner
from router.policy.leads.lead import Lead
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import Book
from router.policy.why_not.question import WhyNot, why_not
from router.policy.why_not.words import steps_of
from router.rulefiles.rule_tests.run import owners_by_email
from router.rulefiles.yaml.mistakes import did_you_mean

TURNS_SHOWN: Final = 6
NEXT_TURNS: Final = {"en": "Turns, if such leads keep coming", "fr": "Tours, si de tels leads continuent"}


def explain_lead(
    lead: Lead,
    here: RulesHere,
    *,
    now: datetime,
    why_not_there: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Decide the lead and print the decision, and on request what would send it elsewhere."""
    policy, owners = here.policy, owners_by_email(here.catalog)
    spoken = language or policy.language
    compiled, world = compile_policy(policy), World(Book(), owners, now)
    decision = decide_on_facts(compiled, compiled.read(lead, now), world, DecisionRequest(lead.id))
    steps = list(explain(decision, policy, language=spoken))
    if decision.shares:
        turns = tuple(islice(next_reps(decision, compiled, world), TURNS_SHOWN))
        steps.insert(-1, Step(NEXT_TURNS[spoken], (" → ".join(turns),)))
    answer = None
    if why_not_there is not None:
        answer = why_not_here(decision, policy, why_not_there, book=world.book, owners=owners)
    if as_json:
        print_json({"decision": as_record(decision), "steps": steps_as_json(tuple(steps)),
                    **why_not_as_json(answer, policy, spoken, owners)})  # fmt: skip
        return
    screen().print(tree(decision.reason, steps))
    if answer is not None:
        print_why_not(answer, policy, spoken, owners)


def why_not_here(
    decision: Decision, policy: Policy, name: str, *, book: Book, owners: Mapping[str, Owner]
) -> WhyNot:
    """What would have sent this decision's lead to the rule, team or rep.

    Raises UserError for an unknown name.
    """
    wanted = wanted_named(policy, name)
    if wanted is None:
        known = [*policy.roster.teams, *policy.roster.reps, *(rule.name for rule in policy.rules)]
        hint = did_you_mean(name, known) or "Write a name as it stands in team.yaml or routing.yaml."
        raise UserError(f"There is no rule, team or rep '{name}'. {hint}", exit_code=2)
    inputs = decision.inputs or Inputs()
    world = World(book, owners, decision.decided_at, inputs.reported)
    request = DecisionRequest(
        decision.contact_id,
        excluded=inputs.excluded,
        remembered=inputs.remembered,
        trigger=inputs.trigger if isinstance(inputs.trigger, Revised) else None,
    )
    return why_not(compile_policy(policy), decision.facts, wanted, world, request)


def print_why_not(answer: WhyNot, policy: Policy, language: str, owners: Mapping[str, Owner]) -> None:
    """Print the answer as a tree below its own question."""
    first, *rest = steps_of(answer, policy, language=language, owners=_emails(owners))
    drawn = tree(first.title, rest)
    for place, line in enumerate(first.lines):
        drawn.children.insert(place, tree(line, ()))
    out = screen()
    out.print()
    out.print(drawn)


def why_not_as_json(
    answer: WhyNot | None, policy: Policy, language: str, owners: Mapping[str, Owner]
) -> dict[str, Any]:
    """The answer for machines; empty without a question."""
    if answer is None:
        return {}
    facts = {
        "wanted": answer.wanted.name,
        "kind": answer.wanted.kind,
        "found": answer.changes is not None,
        "complete": answer.is_complete,
        "turns": answer.turns,
        "changes": [
            {"fact": one.fact, "before": _plain(one.before), "after": _plain(one.after)}
            for one in answer.changes or ()
        ],
        "then": as_record(answer.then) if answer.then else None,
        "steps": steps_as_json(steps_of(answer, policy, language=language, owners=_emails(owners))),
    }
    return {"why_not": facts}


def steps_as_json(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Steps for machines."""
    return [{"title": step.title, "lines": step.lines} for step in steps]


def _emails(owners: Mapping[str, Owner]) -> dict[str, str]:
    return {owner.id: owner.email for owner in owners.values()}


def _plain(value: object) -> str | list[str] | None:
    if isinstance(value, frozenset):
        return sorted(value)
    return None if value is None else str(value)
