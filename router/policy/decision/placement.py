"""The placement of a lead by an `assign`, and its fallback when nobody there is eligible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from router.policy.decision.catch_up import earning, kept_away
from router.policy.decision.compiled import CompiledRep, CompiledTeam
from router.policy.decision.decision import Assigned, Outcome, PassedOver, Queued
from router.policy.decision.eligibility import (
    DecisionContext,
    calendar_on,
    candidates,
    why_absent,
    why_lost,
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
    "kept",
    "chosen",
    "other",
]
"""How the owner was chosen.

turn: fair share · load: least loaded · contact: previous owner of the contact, or the contact's last lead ·
company, domain: owner of the company's last lead · named: rep named by the rule · account: account owner ·
stand_in: backup of an absent rep · claimed: by the rep · kept: by the rep who has the lead while it is
revised · chosen: by a person · other: no owner.
"""


class Placement(Struct, frozen=True):
    """The outcome for a lead, how its owner was chosen, and the changes of the share book."""

    outcome: Outcome
    how: How = "other"
    shares: tuple[Share, ...] = ()
    away: tuple[Share, ...] = ()
    """The shares of reps who miss the lead only because of time off, in a team with `catch_up`."""
    passed_over: tuple[PassedOver, ...] = ()
    changes: Mapping[str, int] = field(default_factory=dict)
    detour: str | None = None
    """The reason why the lead did not go where the rule first wanted it; None if it did."""
    lead_value: LeadValue = ONE_LEAD
    """The lead's value in the team's shares."""


def place(policy: Policy, assign: Assign, context: DecisionContext) -> Placement:
    """The placement of the lead by this `assign`: always with an owner or in a team's queue.

    Raises ValueError when nobody is eligible and the policy has no team whose queue could take the lead.
    """
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
    pushed, holder = context.pushed and assign.push_after is not None, _keeper(context, team, assign)
    if assign.method is Method.QUEUE and not pushed:
        if holder is not None:
            return _kept_unpaid(context, holder, team)
        return Placement(Queued(team, why=None, push_at=_push_at(policy, assign, team, context)))
    compiled_team, fields = context.compiled.teams[team], context.book.fields
    followed: tuple[str, How] | None
    if holder is not None:
        followed, eligible, passed_over = _kept(holder, assign, context, compiled_team.reps)
    else:
        followed, eligible, passed_over = _followed(assign, context, compiled_team.reps)
    if followed is None:
        eligible, passed_over = candidates(
            context, compiled_team.reps, needs=assign.needs, prefer=assign.prefer, any_hour=assign.any_hour
        )
    if not eligible:
        why = say(context.language, "nobody_in", team=team)
        if assign.if_unavailable is not None:
            return _instead(policy, assign.if_unavailable, context, why=why, passed_over=passed_over)
        return Placement(Queued(team, why=why), passed_over=tuple(passed_over))
    shares, shared = _shares(eligible, compiled_team, fields), policy.roster.teams[team]
    lead_value = _lead_value(shared, context)
    away: tuple[Share, ...] = ()
    earns: tuple[Share, ...] = ()
    if shared.catch_up is not None:
        prefer = () if followed else assign.prefer
        absent = kept_away(context, compiled_team.reps, eligible=eligible, needs=assign.needs, prefer=prefer)
        away = _shares(absent, compiled_team, fields)
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
            **received(winner, day=context.cache.today),
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
    """The rep's weight (thousandths), times the factor of the rep's results where the team uses results."""
    if not team.factor_fields:
        return rep.weight
    factor = fields.get(team.factor_fields[rep.name], 0)
    return rep.weight * factor // UNCHANGED if factor else rep.weight


def _lead_value(team: Team, context: DecisionContext) -> LeadValue:
    """The lead's value in the team: one lead, or its score.

    A replay does not know the score yet and uses 0.
    """
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
    """The eligible rep who gets the lead by the rule's method; a queue pushes by fair share."""
    if assign.method is not Method.LEAST_LOADED:
        return next_up(shares, lead_value=lead_value, away=away), "turn"
    counts = [context.book.fields.get(open_field(share.rep), 0) for share in shares]
    return least_loaded(shares, counts, lead_value=lead_value, away=away), "load"


def _followed(
    assign: Assign, context: DecisionContext, reps: Sequence[CompiledRep]
) -> tuple[tuple[str, Kind] | None, list[CompiledRep], list[PassedOver]]:
    """The eligible rep of the company's last lead (or None), all eligible reps, and those passed over.

    `prefer` of the rule does not keep this rep from the company's next lead; `needs` and caps do.
    """
    if assign.sticky is None or not context.remembered:
        return None, [], []
    eligible, passed_over = candidates(context, reps, needs=assign.needs, prefer=(), any_hour=assign.any_hour)
    by_owner = {_owner_id(context, one.rep.name): one.rep.name for one in eligible}
    followed = to_follow(context.remembered, by_owner, within=assign.sticky, now=context.now)
    return followed, eligible, passed_over


def _keeper(context: DecisionContext, team: str, assign: Assign) -> CompiledRep | None:
    """The rep of the team who has the lead while it is revised, and may keep it; else None."""
    holder = context.holder
    if holder is None or holder not in context.compiled.teams[team].reps or holder.rep.weight <= 0:
        return None
    return holder if _refusal(context, holder, assign) is None else None


def _kept(
    holder: CompiledRep, assign: Assign, context: DecisionContext, reps: Sequence[CompiledRep]
) -> tuple[tuple[str, How], list[CompiledRep], list[PassedOver]]:
    """The holder, who keeps the lead; those who would share it with the holder, and those passed over."""
    able, passed_over = candidates(context, reps, needs=assign.needs, prefer=(), any_hour=assign.any_hour)
    sharing = [one for one in reps if one is holder or one in able]
    return (holder.rep.name, "kept"), sharing, [one for one in passed_over if one.rep != holder.rep.name]


def _kept_unpaid(context: DecisionContext, holder: CompiledRep, team: str) -> Placement:
    """The holder keeps a lead that would wait in a queue; as for a claim, no credit changes."""
    name = holder.rep.name
    return Placement(
        Assigned(rep=name, owner_id=_owner_id(context, name), team=team),
        how="kept",
        changes=received(name, day=context.cache.today),
    )


def _push_at(policy: Policy, assign: Assign, team: str, context: DecisionContext) -> datetime | None:
    if assign.push_after is None:
        return None
    return queue_due_at(context.now, assign.push_after, roster=policy.roster, team=team)


def _with_rep(policy: Policy, rep: str, assign: Assign, context: DecisionContext) -> Placement:
    why = _refusal(context, context.compiled.reps[rep], assign)
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
    """The placement with the account owner or previous owner: caps do not apply to them, time off does."""
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
    """The fallback: `if_unavailable` of the rule, else an absent rep's backup, else the catch-all's queue."""
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
        refusal = _refusal(context, context.compiled.reps[rep], assign)
        if refusal is None:
            return replace(_given(context, rep, how="stand_in"), passed_over=tuple(refusals), detour=why)
        refusals.append(PassedOver(rep, refusal))
    team = _last_resort(policy)
    holder = _keeper(context, team, assign)
    if holder is not None:
        return replace(_kept_unpaid(context, holder, team), passed_over=tuple(refusals), detour=why)
    return Placement(Queued(team, why=why), passed_over=tuple(refusals))


def _refusal(context: DecisionContext, one: CompiledRep, assign: Assign) -> str | None:
    """The reason why the rep may not take the lead, or may not keep it; None if the rep may."""
    refuses = why_lost if one is context.holder else why_not
    return refuses(context, one, wishes=wishes_of(context.facts, assign.needs))


def _instead(
    policy: Policy, assign: Assign, context: DecisionContext, *, why: str, passed_over: list[PassedOver]
) -> Placement:
    """The placement by `if_unavailable`, with the reason why the first target was not possible."""
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
        changes=received(rep, day=context.cache.today),
    )


def _owner_id(context: DecisionContext, rep: str) -> str:
    return context.owners[context.compiled.reps[rep].email].id


def _backup_of(context: DecisionContext, rep: str) -> str | None:
    calendar, _reported = calendar_on(context, context.compiled.reps[rep])
    off = time_off_at(calendar, context.now)
    return None if off is None else off.backup


def _last_resort(policy: Policy) -> str:
    """The team that the catch-all rule names, else the first team of the file.

    Raises ValueError when the policy has no team.
    """
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
