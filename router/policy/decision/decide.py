"""The decision for one lead: facts, score, rule, placement, due time and reason."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from router.policy.decision.compiled import CompiledPolicy
from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, Outcome, Queued
from router.policy.decision.eligibility import DecisionContext, due_for
from router.policy.decision.inputs import DecisionRequest, NotedWorld, World
from router.policy.decision.narrative import sentence
from router.policy.decision.placement import Placement, place
from router.policy.decision.trigger import Claimed, Reassigned, Released, Revised, Trigger
from router.policy.decision.triggered import manual
from router.policy.decision.triggered.reassignment import reassigned
from router.policy.decision.triggered.revision import due_of_kept, revised
from router.policy.leads.lead import Facts, Lead, Value
from router.policy.rules.policy import Action, Assign, Nurture, Policy, Rule
from router.policy.rules.sla import queue_due_at
from router.policy.shares.share_book import back_from


def decide(compiled: CompiledPolicy, lead: Lead, world: World, request: DecisionRequest) -> Decision:
    """The decision for one lead, with its inputs. It changes nothing: `book_changes` are for the commit.

    Raises ValueError when no rule takes the lead or there is no team to fall back on (the loader of rule
    files excludes both), and KeyError when a claim names an unknown rep or a rep without a HubSpot owner.
    """
    noted = NotedWorld(world)
    return _decide(compiled, compiled.read(lead, world.now), noted.world, request, noted=noted)


def decide_on_facts(
    compiled: CompiledPolicy, facts: Facts, world: World, request: DecisionRequest
) -> Decision:
    """`decide` for facts that an earlier decision normalised and stored; the result has no inputs."""
    return _decide(compiled, dict(facts), world, request)


def _decide(
    compiled: CompiledPolicy,
    facts: dict[str, Value],
    world: World,
    request: DecisionRequest,
    *,
    noted: NotedWorld | None = None,
) -> Decision:
    policy, kept, now = compiled.policy, compiled.kept_facts, world.now
    fit, engagement, grade, segment = _judge(compiled, facts, now)
    rule = _rule_kept(policy, request.trigger) or compiled.first_match(facts, now)
    if rule is None:
        raise ValueError("No rule takes this lead: the last rule of a policy must be `otherwise`.")
    context = DecisionContext.of(compiled, facts, world, request, sla=rule.sla or policy.default_sla)
    placement = _placement(policy, rule, context, request.trigger)
    return Decision(
        id=f"{request.contact_id}-{request.episode}-{context.cache.seal}",
        contact_id=request.contact_id,
        episode=request.episode,
        decided_at=now,
        revision=policy.revision,
        facts={fact: value for fact, value in facts.items() if fact in kept},
        fit=fit,
        engagement=engagement,
        score=fit + engagement,
        grade=grade,
        segment=segment,
        rule=rule.name,
        rule_line=rule.line,
        outcome=placement.outcome,
        status=_status(policy, rule, placement.outcome),
        due_at=due_of_kept(placement, request.trigger, _due(policy, context, placement.outcome)),
        reason=sentence(
            placement,
            rule=rule.name,
            grade=grade,
            segment=segment,
            score=fit + engagement,
            language=policy.language,
        ),
        shares=placement.shares,
        away=placement.away,
        passed_over=placement.passed_over,
        book_changes=placement.changes,
        lead_value=placement.lead_value,
        mode=policy.mode,
        inputs=None if noted is None else noted.inputs(compiled, facts, request),
    )


def _judge(compiled: CompiledPolicy, facts: dict[str, Value], now: datetime) -> tuple[int, int, str, str]:
    """Fit, engagement, grade and segment; each is added to `facts`, because conditions can name it."""
    fit, engagement = compiled.fit(facts, now), compiled.engagement(facts, now)
    rating = compiled.rating(fit, engagement)
    facts.update(rating)
    segment = compiled.segment(facts, now)
    if segment:
        facts["segment"] = segment
    return fit, engagement, str(rating.get("grade", "")), segment


def rule_for(compiled: CompiledPolicy, facts: Facts, now: datetime) -> Rule:
    """The rule that takes a lead with these normalised facts at `now`. Raises ValueError if none does."""
    judged = dict(facts)
    _judge(compiled, judged, now)
    rule = compiled.first_match(judged, now)
    if rule is None:
        raise ValueError("No rule takes this lead: the last rule of a policy must be `otherwise`.")
    return rule


def _rule_kept(policy: Policy, trigger: Trigger | None) -> Rule | None:
    """The rule that a reassigned lead keeps, even if its facts would now match another rule."""
    if not isinstance(trigger, Reassigned) or trigger.rule is None:
        return None
    return next((rule for rule in policy.rules if rule.name == trigger.rule), None)


def _placement(policy: Policy, rule: Rule, context: DecisionContext, trigger: Trigger | None) -> Placement:
    match trigger:
        case Claimed():
            return manual.claimed(trigger, context)
        case Released():
            return manual.given_back(policy, rule.action, trigger, context)
        case Reassigned():
            placement = reassigned(policy, rule.action, trigger, context)
            if placement is not None:
                return placement
            return replace(_to_nobody(rule.action), changes=back_from(trigger.rep, trigger.paid))
        case Revised():
            return revised(_placed(policy, rule.action, context), trigger, context)
    return _placed(policy, rule.action, context)


def _placed(policy: Policy, action: Action, context: DecisionContext) -> Placement:
    return place(policy, action, context) if isinstance(action, Assign) else _to_nobody(action)


def _to_nobody(action: Action) -> Placement:
    if isinstance(action, Nurture):
        return Placement(Nurtured(sets=action.sets, workflow=action.workflow))
    return Placement(LeftAlone())


def _status(policy: Policy, rule: Rule, outcome: Outcome) -> str | None:
    """The lead status to write: the rule's, else the default for assigned and queued leads, else None."""
    if isinstance(outcome, _AT_WORK):
        return rule.status or policy.default_status
    return rule.status


_AT_WORK: Final = (Assigned, Queued)
"""Outcomes that sales works on."""


def _due(policy: Policy, context: DecisionContext, outcome: Outcome) -> datetime | None:
    match outcome:
        case Assigned(rep=None):
            return context.now + context.sla
        case Assigned(rep=str(rep)):
            return due_for(context, context.compiled.reps[rep])
        case Queued(team=team):
            return queue_due_at(
                context.now, context.sla, roster=policy.roster, team=team, reported=context.reported
            )
        case _:
            return None
