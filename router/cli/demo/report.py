"""The report of the demo: figures, three decisions to read, and checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from router.cli.demo.checks import Check, DemoResult, run_checks
from router.cli.demo.figures import Figures, figures
from router.cli.demo.flow import Arrivals
from router.cli.demo.stage import CALLS_PER_10S, Stage
from router.cli.leads.lead_history import policy_of
from router.policy.decision.decision import Assigned, Decision, Nurtured
from router.policy.decision.trigger import Revised
from router.policy.explanation.decision_record import as_record, from_record
from router.policy.explanation.explanation import explain
from router.policy.explanation.step import Step
from router.policy.rules.policy import Policy


class Explained(Struct, frozen=True):
    """A decision worth reading, under a heading that says why."""

    heading: str
    decision: Decision
    policy: Policy | None
    steps: tuple[Step, ...]


class Report(Struct, frozen=True):
    """Everything the demo found. `took_s` is the time from the first contact to the last one routed."""

    contacts: int
    took_s: float
    figures: Figures
    explained: tuple[Explained, ...]
    checks: tuple[Check, ...]

    @property
    def is_good(self) -> bool:
        """True if every check is kept."""
        return all(check.is_kept for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "ok": self.is_good,
            "contacts": self.contacts,
            "took_s": round(self.took_s, 3),
            **self.figures.as_json(),
            "explained": [
                {
                    "heading": one.heading,
                    "decision": as_record(one.decision),
                    "steps": [{"title": step.title, "lines": step.lines} for step in one.steps],
                }
                for one in self.explained
            ],
            "checks": [
                {"promise": one.promise, "cases": one.cases, "ok": one.is_kept, "broken": one.broken}
                for one in self.checks
            ],
        }


def report_of(stage: Stage, arrivals: Arrivals, *, took_s: float) -> Report:
    """Read the portal and the ledger, and compare the two."""
    records = stage.services.ledger.recent(limit=10 * len(arrivals.ids))
    made = [from_record(record) for record in reversed(records)]
    decisions = {one.contact_id: one for one in made}
    contacts = {one["id"]: one for one in stage.sandbox.contacts()}
    calls = stage.sandbox.calls()
    found = figures(tuple(decisions.values()), contacts.values(), calls)
    result = DemoResult(
        created=arrivals.ids,
        owned=arrivals.owned,
        contacts=contacts,
        writes=[one for one in stage.sandbox.writes() if one["kind"] == "contacts"],
        decisions=decisions,
        deliveries=stage.sandbox.deliveries(),
        calls=calls,
        calls_per_10s=CALLS_PER_10S,
        shares=found.shares,
        replaced=replaced_by_revisions(made),
    )
    return Report(
        contacts=len(arrivals.ids),
        took_s=took_s,
        figures=found,
        explained=tuple(_explained(stage, tuple(decisions.values()))),
        checks=run_checks(result),
    )


def replaced_by_revisions(decisions: Sequence[Decision]) -> dict[str, list[Decision]]:
    """By contact id, the decisions (in order) that a later one replaced because facts came late."""
    replaced: dict[str, list[Decision]] = {}
    before: dict[str, Decision] = {}
    for one in decisions:
        if one.inputs is not None and isinstance(one.inputs.trigger, Revised) and one.contact_id in before:
            replaced.setdefault(one.contact_id, []).append(before[one.contact_id])
        before[one.contact_id] = one
    return replaced


def _explained(stage: Stage, decisions: Sequence[Decision]) -> list[Explained]:
    examples = []
    for heading, decision in worth_reading(decisions):
        policy = policy_of(stage.services, decision.revision)
        steps = explain(decision, policy, language=policy.language) if policy else ()
        examples.append(Explained(heading, decision, policy, steps))
    return examples


def worth_reading(decisions: Sequence[Decision]) -> list[tuple[str, Decision]]:
    """A hot lead, a cold one, and one for which a rep was passed over; fewer if there are none."""
    assigned = [one for one in decisions if isinstance(one.outcome, Assigned)]
    by_share = [one for one in assigned if one.shares] or assigned
    cold = [one for one in decisions if isinstance(one.outcome, Nurtured)]
    passing = [one for one in assigned if one.passed_over]
    chosen = []
    if by_share:
        chosen.append(("A hot lead", max(by_share, key=lambda one: one.score)))
    if cold:
        chosen.append(("A cold lead", min(cold, key=lambda one: one.score)))
    if passing:
        shown = {one.id for _, one in chosen}
        best = max(passing, key=lambda one: (one.id not in shown, len(one.passed_over), one.score))
        chosen.append(("A lead for which a rep was passed over", best))
    return chosen
