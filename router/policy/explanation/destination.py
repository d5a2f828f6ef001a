"""Destinations in question: the rules that lead to a rule, team or rep, and arrivals there."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from router.policy.decision.decision import Assigned, Decision, Queued
from router.policy.rules.policy import Policy, Rule, ToRep, ToTeam, owner_fact, steps_of

GETS, IN_TURN, MAY_TAKE, NOT_THERE = range(4)
"""Ranks of a decision against a destination, best first.

GETS: it goes there · IN_TURN: the rep is eligible, another is next · MAY_TAKE: the rep can claim it from
the queue · NOT_THERE: none of these.
"""


class Wanted(Struct, frozen=True):
    """The expected destination of a lead: a rule by its full name, a team, or a rep."""

    kind: Literal["rule", "team", "rep"]
    name: str


_INSIDE: Final = " / "


def wanted_named(policy: Policy, name: str) -> Wanted | None:
    """The team, rep or rule of that name, or None; the last part of a grouped rule's name is enough."""
    if name in policy.roster.teams:
        return Wanted("team", name)
    if name in policy.roster.reps:
        return Wanted("rep", name)
    names = [rule.name for rule in policy.rules]
    if name in names:
        return Wanted("rule", name)
    inside = [full for full in names if full.endswith(_INSIDE + name)]
    return Wanted("rule", inside[0]) if len(inside) == 1 else None


def leads_to(rule: Rule, wanted: Wanted, policy: Policy) -> bool:
    """Whether the rule can send some lead there, fallbacks for absent reps included."""
    if wanted.kind == "rule":
        return rule.name == wanted.name
    targets = [step.to for step in steps_of(rule.action)]
    if wanted.kind == "team":
        return ToTeam(wanted.name) in targets
    teams = {team.name for team in policy.roster.teams.values() if wanted.name in team.reps}
    return any(
        target == ToRep(wanted.name)
        or owner_fact(target) is not None
        or (isinstance(target, ToTeam) and target.team in teams)
        for target in targets
    )


def arrival(decision: Decision, wanted: Wanted, policy: Policy) -> int:
    """The rank of the decision against the destination: GETS, IN_TURN, MAY_TAKE or NOT_THERE."""
    outcome = decision.outcome
    if wanted.kind == "rule":
        return GETS if decision.rule == wanted.name else NOT_THERE
    if wanted.kind == "team":
        return GETS if isinstance(outcome, Assigned | Queued) and outcome.team == wanted.name else NOT_THERE
    if isinstance(outcome, Assigned):
        if outcome.rep == wanted.name:
            return GETS
        return IN_TURN if any(share.rep == wanted.name for share in decision.shares) else NOT_THERE
    if isinstance(outcome, Queued) and wanted.name in policy.roster.teams[outcome.team].reps:
        return MAY_TAKE
    return NOT_THERE
