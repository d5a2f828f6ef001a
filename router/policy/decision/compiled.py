"""A policy compiled once, to decide many leads fast."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from router.policy.leads.text import folded
from router.policy.people.availability import calendar_of
from router.policy.people.calendar import Calendar
from router.policy.people.roster import Rep, Roster
from router.policy.rules.affinity import Affinity, affinity_of
from router.policy.rules.conditions import Asking, asking
from router.policy.rules.facts import Reading, facts_needed, reading
from router.policy.rules.policy import Policy
from router.policy.rules.rule_index import FirstMatch, first_match_among
from router.policy.rules.scoring import Scoring, Tally, grade_of, tallying
from router.policy.shares.share_book import credit_field, factor_field, last_field, open_field


@dataclass(frozen=True, slots=True)
class CompiledRep:
    """A rep with what every decision asks of them: folded e-mail, calendar, what they have, folded."""

    rep: Rep
    email: str
    calendar: Calendar
    """When they work by the rule files alone."""
    week: Hashable
    """Equal only for reps who work at the same times."""
    has: Mapping[str, frozenset[str]]
    """By kind of need: the rep's skills, languages and level, case and accents folded."""
    open_field: str


@dataclass(frozen=True, slots=True)
class CompiledTeam:
    """A team's reps in file order, and by rep the fields of their credit and of their last lead.

    `factor_fields` are those of their results' factors; empty where weights are fixed.
    """

    reps: tuple[CompiledRep, ...]
    credit_fields: Mapping[str, str]
    last_fields: Mapping[str, str]
    factor_fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy's conditions, points and reps, compiled; it decides exactly as the policy says."""

    policy: Policy
    read: Reading
    kept_facts: frozenset[str]
    fit: Tally
    engagement: Tally
    segments: tuple[tuple[str, Asking | None], ...]
    first_match: FirstMatch
    teams: Mapping[str, CompiledTeam]
    reps: Mapping[str, CompiledRep]
    rep_of_email: Mapping[str, str]
    grade: Callable[[int, int], str]
    """The grade of a fit and an engagement (points), "" where there are no grades."""
    affinity: Affinity
    slas: Mapping[tuple[str, int], timedelta]
    """By name and line of a rule, the time in which its leads are answered."""


def compile_policy(policy: Policy) -> CompiledPolicy:
    """The policy in the form that decides fast. Costs some milliseconds: do it once per policy."""
    types = facts_needed(policy)
    roster, scoring = policy.roster, policy.scoring
    reps = {name: _compiled_rep(roster, rep) for name, rep in roster.reps.items()}
    return CompiledPolicy(
        policy=policy,
        read=reading(types),
        kept_facts=frozenset(types),
        fit=tallying(scoring.fit),
        engagement=tallying(scoring.engagement),
        segments=tuple(
            (segment.name, None if segment.when is None else asking(segment.when))
            for segment in policy.segments
        ),
        first_match=first_match_among(policy.rules),
        teams={
            name: CompiledTeam(
                reps=tuple(reps[rep] for rep in team.reps),
                credit_fields={rep: credit_field(name, rep, team.unit) for rep in team.reps},
                last_fields={rep: last_field(name, rep) for rep in team.reps},
                factor_fields=(
                    {rep: factor_field(name, rep) for rep in team.reps}
                    if team.performance is not None
                    else {}
                ),
            )
            for name, team in roster.teams.items()
        },
        reps=reps,
        rep_of_email={rep.email: name for name, rep in reps.items()},
        grade=_grading(scoring),
        affinity=affinity_of(policy),
        slas={(rule.name, rule.line): rule.sla or policy.default_sla for rule in policy.rules},
    )


def _grading(scoring: Scoring) -> Callable[[int, int], str]:
    """Grades by fit and engagement, each looked up once: there are some hundred pairs."""

    @cache
    def grade(fit: int, engagement: int) -> str:
        return grade_of(scoring.grade, fit=fit, engagement=engagement)

    return grade


def _compiled_rep(roster: Roster, rep: Rep) -> CompiledRep:
    calendar = calendar_of(roster, rep.name)
    return CompiledRep(
        rep=rep,
        email=rep.owner.lower(),
        calendar=calendar,
        week=rep.name if calendar.time_off else (id(rep.hours), calendar.holidays),
        has={
            "skill": _folded(rep.skills),
            "language": _folded(rep.languages),
            "level": _folded(() if rep.level is None else (rep.level,)),
        },
        open_field=open_field(rep.name),
    )


def _folded(values: Iterable[str]) -> frozenset[str]:
    return frozenset(folded(value) for value in values)
