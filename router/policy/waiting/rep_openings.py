"""The ways in which a waiting lead could reach a rep now, to tell when it is worth deciding it again.

A lead that found nobody finds nobody still, as long as no rep has a way that was closed then: more ways can
only help, and every cause why nobody is eligible is one of them, or fixed with the lead and the rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any, Final

import orjson

from router.policy.decision.compiled import CompiledPolicy, CompiledRep
from router.policy.decision.eligibility import DecisionContext, calendar_on, why_absent, why_unfit
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.leads.lead import Facts
from router.policy.people.availability import time_off_at
from router.policy.rules.policy import Rule, ToTeam, facts_asked, steps_of

OTHERS: Final = ""
"""In place of a rep's name: the owners who are in no rule file."""
Openings = Mapping[str, Collection[str]]


def rep_openings(compiled: CompiledPolicy, world: World) -> dict[str, frozenset[str]]:
    """By rep name the ways that are open at `world.now`; owners in no rule file count together.

    `present`: not absent and with an active owner. `room`: below every cap. `works`: has working time within
    two years. `backup NAME`: on leave, with that backup.
    """
    policy = compiled.policy
    context = DecisionContext.of(compiled, {}, world, DecisionRequest(""), sla=policy.default_sla)
    found = {name: frozenset(_open(context, rep)) for name, rep in compiled.reps.items()}
    others = sorted(
        one.id
        for email, one in world.owners.items()
        if email not in compiled.rep_of_email and not one.archived
    )
    digest = hashlib.blake2b(" ".join(others).encode(), digest_size=8).hexdigest()
    return {**found, OTHERS: frozenset({digest})}


def newly_open(before: Openings, now: Openings) -> frozenset[str]:
    """The reps with a way that was not open before."""
    return frozenset(rep for rep, ways in now.items() if not set(ways) <= set(before.get(rep, ())))


def reps_of(compiled: CompiledPolicy, rule: str) -> frozenset[str] | None:
    """The reps whose ways can matter to leads of a rule; None for everyone's: backups, or account owners."""
    found: set[str] = set()
    for one in compiled.policy.rules:
        if one.name != rule:
            continue
        for step in steps_of(one.action):
            if not isinstance(step.to, ToTeam):
                return None
            found |= set(compiled.policy.roster.teams[step.to.team].reps)
    return frozenset(found)


def group_digest(rule: Rule, facts: Facts, *, excluded: Collection[str]) -> str:
    """A short name that is equal for leads of a rule that find somebody at the same moments."""
    asked: dict[str, Any] = {
        name: sorted(value) if isinstance(value := facts.get(name), frozenset) else str(value)
        for name in facts_asked(rule.action)
        if facts.get(name) is not None
    }
    same = [rule.name, rule.line, sorted(asked.items()), sorted(excluded)]
    return hashlib.blake2b(orjson.dumps(same), digest_size=8).hexdigest()


def _open(context: DecisionContext, rep: CompiledRep) -> list[str]:
    ways = []
    if why_absent(context, rep) is None:
        ways.append("present")
    if why_unfit(context, rep, wishes=()) is None:
        ways.append("room")
    calendar, _reported = calendar_on(context, rep)
    if calendar.next_working_minute(context.now) is not None:
        ways.append("works")
    off = time_off_at(calendar, context.now)
    if off is not None and off.backup is not None:
        ways.append(f"backup {off.backup}")
    return ways
