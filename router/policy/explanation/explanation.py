"""The explanation of a decision in steps that a rep can check."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from router.policy.decision.assignment import assignment_of, sla_of, timetable_of
from router.policy.decision.decision import Assigned, Decision, LeftAlone, Nurtured, Queued
from router.policy.explanation.late_facts import steps_of_late_facts
from router.policy.explanation.step import Step
from router.policy.leads.lead import Facts
from router.policy.rules.conditions import as_written, first_failure
from router.policy.rules.policy import Policy
from router.policy.rules.scoring import Earned, Scorecard, points
from router.policy.rules.sla_steps import MoveToQueue, Reassign
from router.policy.shares.fair_share import next_up
from router.policy.shares.share import Share, credit_in_words
from router.policy.shares.share_book import factor_field
from router.policy.wording.phrases import moment_in_words, owner_called, say


def explain(decision: Decision, policy: Policy, *, language: str) -> tuple[Step, ...]:
    """The steps of a decision, in `fr` or `en`, recomputed from the facts it stores.

    `policy` is the policy of the decision's revision; under other rules the steps name the differences. The
    reasons for passing over reps stay in the language of the decision.
    """
    facts = _facts_judged(decision)
    steps = [
        *steps_of_late_facts(decision, policy, language=language),
        _points_step("fit", policy.scoring.fit, facts, decision, language),
        _points_step("engagement", policy.scoring.engagement, facts, decision, language),
        Step(
            say(language, "title_grade", score=decision.score, grade=decision.grade, segment=decision.segment)
        ),
        Step(
            say(language, "title_rules", rule=decision.rule, line=decision.rule_line),
            tuple(_rules_above(decision, policy, facts, language)),
        ),
    ]
    if decision.passed_over:
        lines = tuple(
            say(language, "of_whom", rep=passed.rep, reason=passed.reason) for passed in decision.passed_over
        )
        steps.append(Step(say(language, "title_passed"), lines))
    if decision.shares:
        steps.append(Step(say(language, "title_shares"), tuple(_share_lines(decision, language))))
    steps.append(Step(say(language, "title_outcome"), tuple(_outcome_lines(decision, policy, language))))
    return tuple(steps)


def _facts_judged(decision: Decision) -> Facts:
    """The facts that the rules read: the stored facts and those of the score, which are stored apart."""
    facts = {
        **decision.facts,
        "fit": Decimal(decision.fit),
        "engagement": Decimal(decision.engagement),
        "score": Decimal(decision.score),
    }
    if decision.grade:
        facts["grade"] = decision.grade
    if decision.segment:
        facts["segment"] = decision.segment
    return facts


def _points_step(card_name: str, card: Scorecard, facts: Facts, decision: Decision, language: str) -> Step:
    total, earned = points(card, facts, now=decision.decided_at)
    title = say(language, "title_points", card=say(language, card_name), total=total, maximum=card.maximum)
    return Step(title, tuple(_points_line(line, language) for line in earned))


def _points_line(line: Earned, language: str) -> str:
    phrase = "line_points" if line.left == line.points else "line_aged"
    return say(
        language,
        phrase,
        fact=line.fact,
        written=line.written,
        left=f"{line.left:+d}",
        points=f"{line.points:+d}",
    )


def _rules_above(decision: Decision, policy: Policy, facts: Facts, language: str) -> Iterator[str]:
    """Every rule above the winner with its first failing condition."""
    for rule in policy.rules:
        if (rule.name, rule.line) == (decision.rule, decision.rule_line):
            return
        failure = first_failure(rule.when, facts, now=decision.decided_at)
        written = "" if failure is None else as_written(failure)
        yield say(language, "line_rule", rule=rule.name, line=rule.line, written=written)
    yield say(language, "line_rule_changed", rule=decision.rule)


def _share_lines(decision: Decision, language: str) -> Iterator[str]:
    for share in decision.shares:
        factor = _factor_of(share, decision)
        yield say(
            language,
            "line_share" if factor is None else "line_share_by_results",
            rep=share.rep,
            weight=f"{Decimal(share.weight) / 1000:g}",
            written="" if factor is None else f"{round(share.weight / factor / 1000, 2):g}",
            factor=factor,
            credit=credit_in_words(share.credit, language, decision.lead_value.unit),
        )
    for share in decision.away:
        yield say(
            language,
            "line_away" if share in decision.earned_away else "line_away_full",
            rep=share.rep,
            credit=credit_in_words(share.credit, language, decision.lead_value.unit),
        )
    # A rep who keeps a company's leads need not be the next by fair share; the reason explains that.
    if isinstance(decision.outcome, Assigned) and decision.outcome.rep == next_up(
        decision.shares, lead_value=decision.lead_value, away=decision.away
    ):
        yield say(language, "line_next", rep=decision.outcome.rep)


def _factor_of(share: Share, decision: Decision) -> float | None:
    """The factor of the rep's results on the weight (1 is unchanged), or None without a factor."""
    team = decision.outcome.team if isinstance(decision.outcome, Assigned) else None
    if decision.inputs is None or team is None:
        return None
    factor = decision.inputs.book.get(factor_field(team, share.rep))
    return None if factor is None else factor / 1000


def _outcome_lines(decision: Decision, policy: Policy, language: str) -> Iterator[str]:
    match decision.outcome:
        case Assigned(rep=rep, owner_id=owner_id):
            yield say(
                language,
                "line_assigned",
                rep=rep or owner_called(decision.facts, owner_id, language),
                owner_id=owner_id,
            )
        case Queued(team=team, why=None):
            yield say(language, "queued", team=team)
        case Queued(team=team, why=why):
            yield say(language, "because", outcome=say(language, "queued", team=team), why=why)
        case Nurtured(sets=sets):
            yield say(language, "nurtured")
            yield from (f"{name} = {value}" for name, value in sets.items())
        case LeftAlone():
            yield say(language, "left_alone")
    if isinstance(decision.outcome, Queued) and decision.outcome.push_at is not None:
        push_at = decision.outcome.push_at.astimezone(policy.roster.timezone)
        yield say(language, "line_push", moment=moment_in_words(push_at, language))
    if decision.due_at is not None:
        local = decision.due_at.astimezone(policy.roster.timezone)
        yield say(language, "line_due", moment=moment_in_words(local, language))
        yield from _steps_if_nobody_works(decision, policy, language)
    yield decision.reason


def _steps_if_nobody_works(decision: Decision, policy: Policy, language: str) -> Iterator[str]:
    """The SLA steps with their times, by the calendars as known at the decision."""
    given = assignment_of(decision, sla=sla_of(policy, decision))
    if given is None:
        return
    reported = decision.inputs.reported if decision.inputs else {}
    for moment in timetable_of(policy, given, reported=reported).moments:
        if moment.at is None:
            continue
        at = moment_in_words(moment.at.astimezone(policy.roster.timezone), language)
        if moment.step.notify:
            yield say(language, "line_reminder", moment=at)
        match moment.step.action:
            case Reassign():
                yield say(language, "line_reassigned", moment=at)
            case MoveToQueue(team):
                yield say(language, "line_to_queue", moment=at, team=team)
