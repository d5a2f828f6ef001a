"""Who gets a lead, from its first fact to its due time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from router.policy.decision import manual
from router.policy.decision.compiled import CompiledPolicy, compile_policy
from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, Outcome, Queued
from router.policy.decision.eligibility import DecisionContext
from router.policy.decision.inputs import Inputs
from router.policy.decision.narrative import sentence
from router.policy.decision.placement import Placement, place
from router.policy.decision.reassignment import back_from, reassigned
from router.policy.decision.trigger import Claimed, Pushed, Reassigned, Released, Trigger
from router.policy.leads.catalog import Owner
from router.policy.leads.lead import Lead, Value
from router.policy.people.availability import Reported
from router.policy.rules.affinity import Remembered
from router.policy.rules.policy import Action, Assign, Nurture, Policy, Rule
from router.policy.rules.scoring import clamped, grade_of
from router.policy.rules.sla import due_at, queue_due_at
from router.policy.shares.share_book import Book, today_field

_NOTHING_REPORTED: Final[Mapping[str, Reported]] = {}


def decide(
    policy: Policy,
    lead: Lead,
    *,
    book: Book,
    owners: Mapping[str, Owner],
    now: datetime,
    episode: int = 0,
    excluded: frozenset[str] = frozenset(),
    reported: Mapping[str, Reported] = _NOTHING_REPORTED,
    remembered: tuple[Remembered, ...] = (),
    trigger: Trigger | None = None,
    seen: Callable[[Mapping[str, Value]], Inputs] | None = None,
) -> Decision:
    """The decision for one lead, with every reason; nothing is changed, `book_changes` say what would.

    `owners` are the portal's by lower-case e-mail, `now` is an aware UTC datetime, `excluded` are rep
    names or owner ids that must not get the lead (again), `reported` is by rep name what HubSpot and
    overrides say of their availability, `remembered` what is known of its company's last leads; without
    a `trigger` the lead is new. `seen` tells, once the lead's facts and place are known, what was looked
    at on the way. Raises ValueError when the policy has no rule for the lead or no team to
    fall back on, which the loader of rule files rules out, and KeyError when a claim names a rep who is
    unknown or no owner in HubSpot.
    """
    facts = compile_policy(policy).read(lead, now)
    return decide_on_facts(
        policy,
        facts,
        contact_id=lead.id,
        book=book,
        owners=owners,
        now=now,
        episode=episode,
        excluded=excluded,
        reported=reported,
        remembered=remembered,
        trigger=trigger,
        seen=seen,
    )


def decide_on_facts(
    policy: Policy,
    known: Mapping[str, Value],
    *,
    contact_id: str,
    book: Book,
    owners: Mapping[str, Owner],
    now: datetime,
    episode: int = 0,
    excluded: frozenset[str] = frozenset(),
    reported: Mapping[str, Reported] = _NOTHING_REPORTED,
    remembered: tuple[Remembered, ...] = (),
    trigger: Trigger | None = None,
    seen: Callable[[Mapping[str, Value]], Inputs] | None = None,
) -> Decision:
    """`decide` from facts already normalised, as an earlier decision stored them."""
    compiled = compile_policy(policy)
    facts = dict(known)
    fit, engagement, grade, segment = _judge(policy, compiled, facts, now)
    rule = _rule_kept(policy, trigger) or compiled.first_match(facts, now)
    if rule is None:
        raise ValueError("No rule takes this lead: the last rule of a policy must be `otherwise`.")
    today = now.astimezone(policy.roster.timezone).date()
    context = DecisionContext(
        compiled=compiled,
        facts=facts,
        book=book,
        owners=owners,
        now=now,
        today=today,
        today_prefix=today_field(today, ""),
        timezone=policy.roster.timezone,
        excluded=excluded,
        sla=rule.sla or policy.default_sla,
        language=policy.language,
        reported=reported,
        remembered=remembered,
        pushed=isinstance(trigger, Pushed),
    )
    placement = _placement(policy, rule, context, trigger)
    return Decision(
        id=_decision_id(contact_id, episode, policy.revision, now),
        contact_id=contact_id,
        episode=episode,
        decided_at=now,
        revision=policy.revision,
        facts={fact: value for fact, value in facts.items() if fact in compiled.kept_facts},
        fit=fit,
        engagement=engagement,
        score=fit + engagement,
        grade=grade,
        segment=segment,
        rule=rule.name,
        rule_line=rule.line,
        outcome=placement.outcome,
        status=_status(policy, rule, placement.outcome),
        due_at=_due(policy, context, placement.outcome),
        reason=sentence(
            placement,
            rule=rule.name,
            grade=grade,
            segment=segment,
            score=fit + engagement,
            language=context.language,
        ),
        shares=placement.shares,
        away=placement.away,
        passed_over=placement.passed_over,
        book_changes=placement.changes,
        lead_value=placement.lead_value,
        mode=policy.mode,
        inputs=None if seen is None else seen(facts),
    )


def _judge(
    policy: Policy, compiled: CompiledPolicy, facts: dict[str, Value], now: datetime
) -> tuple[int, int, str, str]:
    """Fit, engagement, grade and segment; rules can name them, so they join the facts one after the other."""
    scoring = policy.scoring
    fit = clamped(sum([left for _, _, left in compiled.fit(facts, now)]), scoring.fit)
    engagement = clamped(sum([left for _, _, left in compiled.engagement(facts, now)]), scoring.engagement)
    grade = compiled.grades.get((fit, engagement))
    if grade is None:
        grade = compiled.grades[fit, engagement] = grade_of(scoring.grade, fit=fit, engagement=engagement)
    facts["fit"] = Decimal(fit)
    facts["engagement"] = Decimal(engagement)
    facts["score"] = Decimal(fit + engagement)
    if grade:
        facts["grade"] = grade
    segment = next((name for name, holds in compiled.segments if holds is None or holds(facts, now)), "")
    if segment:
        facts["segment"] = segment
    return fit, engagement, grade, segment


def _rule_kept(policy: Policy, trigger: Trigger | None) -> Rule | None:
    """The rule that a reassigned lead stays with, although its facts may have aged since."""
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
            return replace(_to_nobody(rule.action), changes=back_from(trigger))
    if isinstance(rule.action, Assign):
        return place(policy, rule.action, context)
    return _to_nobody(rule.action)


def _to_nobody(action: Action) -> Placement:
    if isinstance(action, Nurture):
        return Placement(Nurtured(sets=action.sets, workflow=action.workflow))
    return Placement(LeftAlone())


def _status(policy: Policy, rule: Rule, outcome: Outcome) -> str | None:
    """A lead that somebody will work starts with the default status; others only change if the rule says."""
    if isinstance(outcome, Assigned | Queued):
        return rule.status or policy.default_status
    return rule.status


def _due(policy: Policy, context: DecisionContext, outcome: Outcome) -> datetime | None:
    match outcome:
        case Assigned(rep=rep):
            return due_at(context.now, context.sla, roster=policy.roster, rep=rep, reported=context.reported)
        case Queued(team=team):
            return queue_due_at(
                context.now, context.sla, roster=policy.roster, team=team, reported=context.reported
            )
        case _:
            return None


def _decision_id(contact_id: str, episode: int, revision: str, decided_at: datetime) -> str:
    seal = hashlib.blake2b(f"{revision}|{decided_at.isoformat()}".encode(), digest_size=4).hexdigest()
    return f"{contact_id}-{episode}-{seal}"
