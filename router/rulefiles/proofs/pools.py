"""Leads that find no rep, because no rep meets their needs or all who do are away that day.

A rep with time off in team.yaml counts as away. A public holiday does not count: a lead goes to the first rep
who is back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TypeAlias

from msgspec import Struct, field

from router.policy.leads.lead import Facts
from router.policy.people.calendar import off_on, time_off_of
from router.policy.rules.policy import (
    Assign,
    Method,
    ToAccountOwner,
    ToPreviousOwner,
    ToRep,
    ToTeam,
    owner_fact,
    steps_of,
)
from router.rulefiles.proofs.absences import Absences, absences, in_spans
from router.rulefiles.proofs.boxes.witness import shown
from router.rulefiles.proofs.candidates import Candidates
from router.rulefiles.proofs.findings import Finding, few_of, own_name
from router.rulefiles.proofs.reach import Reach
from router.rulefiles.yaml.mistakes import Severity

Gap: TypeAlias = tuple[str, str]
"""A phrase for the missing reps and their days, and the facts of a lead that then finds no rep."""


class _Empty(Struct, frozen=True):
    """The rules and the reps of one gap."""

    rules: list[int] = field(default_factory=list)
    away: dict[str, None] = field(default_factory=dict)


def pool_findings(candidates: Candidates, reaches: Sequence[Reach], *, now: datetime) -> Iterator[Finding]:
    """A warning for each rule whose leads find no rep, with the facts or the days; like ones are grouped."""
    away = absences(candidates.policy.roster, now)
    by_day: dict[Gap, _Empty] = {}
    for reach in reaches:
        rule = candidates.space.rules[reach.rule]
        # The owner of an account or contact belongs to no team here, and a queue waits for any rep.
        steps = [step for step in steps_of(rule.action) if owner_fact(step.to) is None]
        if not reach.is_reached or not steps or any(step.method is Method.QUEUE for step in steps):
            continue
        unmet: dict[str, None] = {}
        for facts in candidates.leads_of(reach.rule):
            like = ", ".join(f"{fact}={shown(value)}" for fact, value in facts.items())
            if not any(candidates.of_step(step, facts) for step in steps):
                unmet[like] = None
                continue
            days = _days_without_anybody(candidates, steps, facts, away)
            if days:
                when = in_spans(days)
                alone = f"is away {when} and nobody stands in"
                missing = _none_of(steps, does=f"is there {when}", alone=alone)
                gap = by_day.setdefault((missing, like), _Empty())
                gap.rules.append(reach.rule)
                gap.away.update(
                    dict.fromkeys(rep for step in steps for rep in candidates.of_step(step, facts))
                )
        if "" in unmet:
            missing = _none_of(steps, does="can ever take", alone="can never take")
            hint = "They wait in a queue. Choose somebody else, or need less."
            yield Finding(
                rule.line, own_name(rule), Severity.WARNING, f"{missing} leads of '{rule.name}'", hint
            )
        elif unmet:
            missing = _none_of(steps, does="has", alone="does not have")
            message = f"{missing} what leads of '{rule.name}' may need: {few_of([*unmet])}"
            hint = "They wait in a queue. Add 'if_unavailable', or choose another team."
            yield Finding(rule.line, own_name(rule), Severity.WARNING, message, hint)
    for (missing, like), empty in by_day.items():
        rule, more = candidates.space.rules[empty.rules[0]], len(set(empty.rules)) - 1
        others = f" and {more} more" if more else ""
        asking = f" asking for {like}" if like else ""
        message = f"{missing} for leads{asking} of '{rule.name}'{others}"
        hint = (
            f"They wait in a queue. Add 'if_unavailable', or change the time off of {few_of([*empty.away])}."
        )
        yield Finding(rule.line, own_name(rule), Severity.WARNING, message, hint)


def _days_without_anybody(
    candidates: Candidates, steps: Sequence[Assign], facts: Facts, away: Absences
) -> frozenset[date]:
    """The days on which all reps who could take such a lead are away, and their backups too."""
    none: frozenset[date] | None = None
    for place, step in enumerate(steps):
        for rep in candidates.of_step(step, facts):
            days = away.get(rep, frozenset())
            if isinstance(step.to, ToRep) and place == len(steps) - 1:
                days = frozenset(day for day in days if not _stand_in(candidates, step, facts, rep, day))
            none = days if none is None else none & days
            if not none:
                return frozenset()
    return none or frozenset()


def _stand_in(candidates: Candidates, step: Assign, facts: Facts, rep: str, day: date) -> bool:
    """True if a backup of the rep, or a backup's backup, is there and has what the lead needs."""
    asked = {rep}
    while True:
        off = off_on(time_off_of(candidates.policy.roster, rep), day)
        if off is None or off.backup is None or off.backup in asked:
            return False
        rep = off.backup
        asked.add(rep)
        is_away = off_on(time_off_of(candidates.policy.roster, rep), day) is not None
        if not is_away and candidates.of_step(Assign(ToRep(rep), needs=step.needs), facts):
            return True


def _names(steps: Sequence[Assign]) -> list[str]:
    """Names of the targets, `the team 'sud'` or `'marc'`, each once."""
    names: dict[str, None] = {}
    for step in steps:
        match step.to:
            case ToTeam(team):
                names[f"the team '{team}'"] = None
            case ToRep(rep):
                names[f"'{rep}'"] = None
            case ToAccountOwner() | ToPreviousOwner():
                continue
    return [*names]


def _none_of(steps: Sequence[Assign], *, does: str, alone: str) -> str:
    """Phrase such as `nobody in the team 'sud' is there` or `neither the team 'sud' nor 'marc' is there`."""
    names = _names(steps)
    if len(names) > 1:
        return f"neither {' nor '.join(names)} {does}"
    return f"nobody in {names[0]} {does}" if isinstance(steps[0].to, ToTeam) else f"{names[0]} {alone}"
