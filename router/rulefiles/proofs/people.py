"""Reps whom no rule can ever give a lead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from router.policy.rules.policy import ToRep, owner_fact, steps_of
from router.rulefiles.proofs.candidates import NO_FACTS, Candidates
from router.rulefiles.proofs.findings import TEAM_FILE, Finding, few_of
from router.rulefiles.proofs.reach import Reach
from router.rulefiles.yaml.mistakes import Severity

_BY_OWNER: Final = {
    "account_owner": "accounts that they own",
    "previous_owner": "contacts that they had before",
}


def idle_findings(candidates: Candidates, reaches: Sequence[Reach]) -> Iterator[Finding]:
    """A warning for each rep who can get no lead; an info if only leads with a known owner can reach them."""
    roster = candidates.policy.roster
    # The last rule's team also takes leads that find no rep elsewhere, so it counts even if no lead reaches
    # it.
    live = [reach.rule for reach in reaches if reach.is_reached or reach.rule == len(reaches) - 1]
    steps = [step for rule in live for step in steps_of(candidates.space.rules[rule].action)]
    given = {rep for step in steps for rep in candidates.of_step(step, NO_FACTS)}
    by_owner = " or ".join(dict.fromkeys(_BY_OWNER[fact] for step in steps if (fact := owner_fact(step.to))))
    named = {step.to.rep for step in steps if isinstance(step.to, ToRep)}
    given |= {off.backup for off in roster.time_off if off.backup and (by_owner or off.rep in named)}
    for name in roster.reps:
        if name in given or name in candidates.gone:
            continue
        teams = [f"'{team.name}'" for team in roster.teams.values() if name in team.reps]
        if teams:
            hint = (
                f"The rules name none of their teams ({few_of(teams)}), or need what '{name}' does not have."
            )
        else:
            hint = "Put them in a team that a rule names, or remove them."
        if by_owner:
            message = f"only leads of {by_owner} can reach '{name}'"
            yield Finding(roster.lines.get(name, 1), name, Severity.INFO, message, hint, TEAM_FILE)
        else:
            message = f"no rule can ever give '{name}' a lead"
            yield Finding(roster.lines.get(name, 1), name, Severity.WARNING, message, hint, TEAM_FILE)
