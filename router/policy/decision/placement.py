"""Where an `assign` puts a lead, and where it goes when nobody there is eligible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from router.policy.decision.catch_up import earning, kept_away
from router.policy.decision.compiled import CompiledRep, CompiledTeam
from router.policy.decision.decision import Assigned, Outcome, PassedOver, Queued
from router.policy.decision.eligibility import (
    DecisionContext,
    calendar_on,
    candidates,
    why_absent,
    why_not,
    wishes_of,
)
from router.policy.people.availability import time_off_at
from router.policy.people.roster import Rep, Team
from router.policy.rules.affinity import Kind, to_follow
from router.policy.rules.policy import Assign, Method, Policy, ToAccountOwner, ToPreviousOwner, ToRep, ToTeam
from router.policy.rules.sla import queue_due_at
from router.policy.shares.fair_share import next_up, pay
from router.policy.shares.lead_value import ONE_LEAD, LeadValue, points_of
from router.policy.shares.least_loaded import least_loaded
from router.policy.shares.performance_weights import UNCHANGED
from router.policy.shares.share import Share
from router.policy.shares.share_book import largest_field, open_field, received
from router.policy.wording.phrases import say

How: TypeAlias = Literal[
    "turn",
    "load",
    "contact",
    "company",
    "domain",
    "named",
    "account",
    "stand_in",
    "claimed",
    "chosen",
    "other",
]
"""Whose turn it was, who has the least to do, whose company or contact it is, whom the rule names, …"""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the lead goes, how that came about, and what it adds to the book of shares."""

    outcome: Outcome
    how: How = "other"
    shares: tuple[Share, ...] = ()
    away: tuple[Share, ...] = ()
    """Whom time off alone keeps from the lead, where the team lets them catch up."""
    passed_over: tuple[PassedOver, ...] = ()
    changes: Mapping[str, int] = field(default_factory=dict)
    detour: str | None = None
    """Why the rule's first wish did not come true, if it did not."""
    lead_value: LeadValue = ONE_LEAD
    """What the lead counts for in the shares of the team."""


def place(policy: Policy, assign: Assign, context: DecisionContext) -> Placement:
    """Where this `assign` puts the lead; it always ends with somebody or in a team's queue."""
    match assign.to:
        case ToTeam(team):
            return _in_team(policy, team, assign, context)
        case ToRep(rep):
            return _with_rep(policy, rep, assign, context)
        case ToAccountOwner():
            return _with_owner(policy, assign, context, fact="account_owner")
        case ToPreviousOwner():
            return _with_owner(policy, assign, context, fact="previous_owner")


def _in_team(policy: Policy, team: str, assign: Assign, context: DecisionContext) -> Placement:
    pushed = context.pushed and assign.push_after is not None
    if assign.method is Method.QUEUE and not pushed:
        return Placement(Queued(team, why=None, push_at=_push_at(policy, assign, team, context)))
    ready_team, fields = context.compiled.teams[team], context.book.fields
    followed, eligible, passed_over = _followed(assign, context, ready_team.reps)
    if followed is None:
        eligible, passed_over = candidates(
            context, ready_team.reps, needs=assign.needs, prefer=assign.prefer, any_hour=assign.any_hour
        )
    if not eligible:
        why = say(context.language, "nobody_in", team=team)
        if assign.if_unavailable is not None:
            return _instead(policy, assign.if_unavailable, context, why=why, passed_over=passed_over)
        return Placement(Queued(team, why=why), passed_over=tuple(passed_over))
    shares, shared = _shares(eligible, ready_team, fields), policy.roster.teams[team]
    lead_value = _lead_value(shared, context)
    away: tuple[Share, ...] = ()
    earns: tuple[Share, ...] = ()
    if shared.catch_up is not None:
        prefer = () if followed else assign.prefer
        absent = kept_away(context, ready_team.reps, eligible=eligible, needs=assign.needs, prefer=prefer)
        away = _shares(absent, ready_team, fields)
        earns = earning(away, shares, catch_up=shared.catch_up, lead_value=lead_value)
    winner, how = followed or _next_in(assign, shares, context, lead_value=lead_value, away=away)
    return Placement(
        Assigned(rep=winner, owner_id=_owner_id(context, winner), team=team),
        how=how,
        shares=shares,
        away=away,
        passed_over=tuple(passed_over),
        changes={
            **pay(shares, winner, team=team, book=context.book, lead_value=lead_value, earning=earns),
            **received(winner, day=context.today),
        },
        detour=say(context.language, "unclaimed") if pushed else None,
        lead_value=lead_value,
    )


def _shares(reps: Sequence[CompiledRep], team: CompiledTeam, fields: Mapping[str, int]) -> tuple[Share, ...]:
    return tuple(
        [
            Share(
                rep.name,
                _weight(rep, team, fields),
                fields.get(team.credit_fields[rep.name], 0),
                fields.get(team.last_fields[rep.name], 0),
            )
            for rep in [candidate.rep for candidate in reps]
        ]
    )


def _weight(rep: Rep, team: CompiledTeam, fields: Mapping[str, int]) -> int:
    """The weight of the file, times the factor of the rep's results where the team goes by them."""
    if not team.factor_fields:
        return rep.weight
    factor = fields.get(team.factor_fields[rep.name], 0)
    return rep.weight * factor // UNCHANGED if factor else rep.weight


def _lead_value(team: Team, context: DecisionContext) -> LeadValue:
    """What the lead counts for in the team: by value its score, which is not known yet in a replay."""
    if team.fair_by == "count":
        return ONE_LEAD
    score = context.facts.get("score")
    return points_of(
        int(score) if isinstance(score, Decimal) else 0,
        largest=context.book.fields.get(largest_field(team.name), 0),
    )


def _next_in(
    assign: Assign,
    shares: Sequence[Share],
    context: DecisionContext,
    *,
    lead_value: LeadValue,
    away: Sequence[Share],
) -> tuple[str, How]:
    """Who of the eligible gets the lead by the rule's method; a queue pushes by fair share."""
    if assign.method is not Method.LEAST_LOADED:
        return next_up(shares, lead_value=lead_value, away=away), "turn"
    counts = [context.book.fields.get(open_field(share.rep), 0) for share in shares]
    return least_loaded(shares, counts, lead_value=lead_value, away=away), "load"


def _followed(
    assign: Assign, context: DecisionContext, reps: Sequence[CompiledRep]
) -> tuple[tuple[str, Kind] | None, list[CompiledRep], list[PassedOver]]:
    """The rep who had the company's last lead, if they may have this one, and who else might have.

    What the rule prefers does not part them from their company; what it needs does, and so do caps.
    """
    if assign.sticky is None or not context.remembered:
        return None, [], []
    eligible, passed_over = candidates(context, reps, needs=assign.needs, prefer=(), any_hour=assign.any_hour)
    by_owner = {_owner_id(context, one.rep.name): one.rep.name for one in eligible}
    followed = to_follow(context.remembered, by_owner, within=assign.sticky, now=context.now)
    return followed, eligible, passed_over


def _push_at(policy: Policy, assign: Assign, team: str, context: DecisionContext) -> datetime | None:
    if assign.push_after is None:
        return None
    return queue_due_at(context.now, assign.push_after, roster=policy.roster, team=team)


def _with_rep(policy: Policy, rep: str, assign: Assign, context: DecisionContext) -> Placement:
    why = why_not(context, context.compiled.reps[rep], wishes=wishes_of(context.facts, assign.needs))
    if why is None:
        return _given(context, rep, how="named")
    return _stood_in(policy, assign, context, rep=rep, refusals=[PassedOver(rep, why)])


def _with_owner(
    policy: Policy,
    assign: Assign,
    context: DecisionContext,
    *,
    fact: Literal["account_owner", "previous_owner"],
) -> Placement:
    """Whose account or contact it is may have as many as come: caps do not hold for them, time off does."""
    owner_id, how = context.facts.get(fact), _HOW[fact]
    owner = next((owner for owner in context.owners.values() if owner.id == owner_id), None)
    rep = None if owner is None else context.compiled.rep_of_email.get(owner.email.lower())
    called = rep or say(context.language, fact)
    if owner is None or owner.archived:
        why = say(context.language, f"no_{fact}" if owner_id is None else "no_owner")
        return _stood_in(policy, assign, context, rep=None, refusals=[PassedOver(called, why)])
    if rep is None:
        if owner.id not in context.excluded:
            return Placement(Assigned(rep=None, owner_id=owner.id, team=None), how=how)
        refusal = PassedOver(called, say(context.language, "previous_owner"))
        return _stood_in(policy, assign, context, rep=None, refusals=[refusal])
    absent = why_absent(context, context.compiled.reps[rep])
    if absent is None:
        return _given(context, rep, how=how)
    return _stood_in(policy, assign, context, rep=rep, refusals=[PassedOver(rep, absent)])


def _stood_in(
    policy: Policy, assign: Assign, context: DecisionContext, *, rep: str | None, refusals: list[PassedOver]
) -> Placement:
    """What happens instead: what the rule says, else an absent rep's backup, else the catch-all's queue."""
    first = refusals[0]
    why = say(context.language, "of_whom", rep=first.rep, reason=first.reason)
    if assign.if_unavailable is not None:
        return _instead(policy, assign.if_unavailable, context, why=why, passed_over=refusals)
    asked = {rep}
    while rep is not None:
        rep = _backup_of(context, rep)
        if rep is None or rep in asked:
            break
        asked.add(rep)
        refusal = why_not(context, context.compiled.reps[rep], wishes=wishes_of(context.facts, assign.needs))
        if refusal is None:
            given = _given(context, rep, how="stand_in")
            return replace(given, passed_over=tuple(refusals), detour=why)
        refusals.append(PassedOver(rep, refusal))
    return Placement(Queued(_last_resort(policy), why=why), passed_over=tuple(refusals))


def _instead(
    policy: Policy, assign: Assign, context: DecisionContext, *, why: str, passed_over: list[PassedOver]
) -> Placement:
    """The second wish, which remembers why it was not the first."""
    second = place(policy, assign, context)
    outcome = second.outcome
    if isinstance(outcome, Queued) and outcome.why is None:
        outcome = replace(outcome, why=why)
    already = [*passed_over, *(other for other in second.passed_over if other not in passed_over)]
    return replace(second, outcome=outcome, passed_over=tuple(already), detour=why)


_HOW: Final[Mapping[str, Literal["account", "contact"]]] = {
    "account_owner": "account",
    "previous_owner": "contact",
}


def _given(
    context: DecisionContext, rep: str, *, how: Literal["named", "account", "contact", "stand_in"]
) -> Placement:
    return Placement(
        Assigned(rep=rep, owner_id=_owner_id(context, rep), team=None),
        how=how,
        changes=received(rep, day=context.today),
    )


def _owner_id(context: DecisionContext, rep: str) -> str:
    return context.owners[context.compiled.reps[rep].email].id


def _backup_of(context: DecisionContext, rep: str) -> str | None:
    calendar, _reported = calendar_on(context, context.compiled.reps[rep])
    off = time_off_at(calendar, context.now)
    return None if off is None else off.backup


def _last_resort(policy: Policy) -> str:
    """The team that the catch-all rule names, or else the first team of the file."""
    action = policy.rules[-1].action
    while isinstance(action, Assign):
        if isinstance(action.to, ToTeam):
            return action.to.team
        if action.if_unavailable is None:
            break
        action = action.if_unavailable
    team = next(iter(policy.roster.teams), None)
    if team is None:
        raise ValueError("Nobody is eligible and the policy has no team whose queue could take the lead.")
    return team
