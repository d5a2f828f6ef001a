"""The compiled policy: rules, points and reps prepared once, so that many leads are decided fast."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

from router.policy.leads.lead import Facts, Value
from router.policy.leads.text import folded
from router.policy.people.availability import calendar_of
from router.policy.people.calendar import Calendar
from router.policy.people.roster import Rep, Roster
from router.policy.rules.affinity import Affinity, affinity_of
from router.policy.rules.conditions import ALWAYS
from router.policy.rules.facts import Reading, facts_needed, reading
from router.policy.rules.policy import Policy
from router.policy.rules.rule_index import FirstMatch, Index, first_match_among
from router.policy.rules.scoring import Scoring, Segment, Total, grade_of, totalling
from router.policy.shares.share_book import credit_field, factor_field, last_field, open_field


class CompiledRep(Struct, frozen=True):
    """A rep with the values that every decision reads: lower-case e-mail, calendar, folded abilities."""

    rep: Rep
    email: str
    calendar: Calendar
    """The rep's working time by the rule files alone, without reported absences."""
    week: Hashable
    """A key that is equal only for reps who work at the same times."""
    has: Mapping[str, frozenset[str]]
    """The rep's skills, languages and level by kind of need, case and accents folded."""
    open_field: str


class CompiledTeam(Struct, frozen=True):
    """A team's reps in file order, and the names of their fields in the share book.

    By rep name: `credit_fields` the credit, `last_fields` the last lead, `factor_fields` the factor of the
    rep's results. `factor_fields` is empty where weights are fixed.
    """

    reps: tuple[CompiledRep, ...]
    credit_fields: Mapping[str, str]
    last_fields: Mapping[str, str]
    factor_fields: Mapping[str, str]


class CompiledPolicy(Struct, frozen=True):
    """The conditions, points and reps of one policy, compiled; decisions are exactly those of the policy."""

    policy: Policy
    read: Reading
    kept_facts: frozenset[str]
    fit: Total
    engagement: Total
    segment: Callable[[Facts, datetime], str]
    """The segment of a lead with these facts at `now`; "" for none."""
    first_match: FirstMatch
    teams: Mapping[str, CompiledTeam]
    reps: Mapping[str, CompiledRep]
    rep_of_email: Mapping[str, str]
    rating: Callable[[int, int], Mapping[str, Value]]
    """The facts of the score for a fit and an engagement (points): these two, `score`, and `grade` if any."""
    affinity: Affinity
    slas: Mapping[tuple[str, int], timedelta]
    """The SLA of each rule, by the rule's name and line."""


def compile_policy(policy: Policy) -> CompiledPolicy:
    """The policy, compiled. This costs some milliseconds: compile each policy once."""
    types = facts_needed(policy)
    roster, scoring = policy.roster, policy.scoring
    reps = {name: _compiled_rep(roster, rep) for name, rep in roster.reps.items()}
    return CompiledPolicy(
        policy=policy,
        read=reading(types),
        kept_facts=frozenset(types),
        fit=totalling(scoring.fit),
        engagement=totalling(scoring.engagement),
        segment=_segmenting(policy.segments),
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
        rating=_rating(scoring),
        affinity=affinity_of(policy),
        slas={(rule.name, rule.line): rule.sla or policy.default_sla for rule in policy.rules},
    )


def _rating(scoring: Scoring) -> Callable[[int, int], Mapping[str, Value]]:
    """`rating` with a cache: cards end at some hundred points, so there are few pairs of them."""

    @lru_cache(maxsize=16_384)
    def rating(fit: int, engagement: int) -> Mapping[str, Value]:
        grade = grade_of(scoring.grade, fit=fit, engagement=engagement)
        points = {"fit": Decimal(fit), "engagement": Decimal(engagement), "score": Decimal(fit + engagement)}
        return {**points, "grade": grade} if grade else points

    return rating


def _segmenting(segments: Sequence[Segment]) -> Callable[[Facts, datetime], str]:
    """The first segment that holds, found like the first rule."""
    names = [segment.name for segment in segments]
    index = Index([ALWAYS if segment.when is None else segment.when for segment in segments])

    def segment(facts: Facts, now: datetime) -> str:
        place = index.first(facts, now)
        return "" if place is None else names[place]

    return segment


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
