"""Whether the facts that are still to come can change where a lead goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from router.policy.leads.lead import Facts, Value
from router.policy.rules.conditions import ALWAYS, Between, lies_between
from router.policy.rules.policy import Action, Policy, Rule, facts_asked, steps_of
from router.policy.rules.scoring import Scoring
from router.policy.settling.reach import ConditionReach, PointsReach, Possible

Span: TypeAlias = tuple[int, int]


class Certainty(Struct, frozen=True):
    """The rules that can still take a lead, in order, and the open facts on which its target depends.

    The target is the rule's action with SLA, status and task. It is certain when it depends on no open fact:
    all candidates have the same target, and nothing that the target reads is open.
    """

    candidates: tuple[Rule, ...]
    waits_for: frozenset[str]

    @property
    def is_certain(self) -> bool:
        """Whether what is still to come cannot change where the lead goes."""
        return not self.waits_for


class CertaintyOfPolicy:
    """The certainty of one policy's decisions, compiled for many leads."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._rules = ConditionReach([rule.when for rule in policy.rules])
        self._segments = ConditionReach([one.when or ALWAYS for one in policy.segments])
        self._fit = PointsReach(policy.scoring.fit)
        self._engagement = PointsReach(policy.scoring.engagement)
        self._values = _values_of(policy.scoring)
        self._targets = [_target(policy, rule) for rule in policy.rules]
        self._read = [_read_by(rule.action) for rule in policy.rules]
        in_segments = (fact for names in self._segments.names for fact in names)
        self._behind_score = frozenset((*self._fit.facts, *self._engagement.facts, *in_segments))

    def of(self, facts: Facts, open_facts: frozenset[str], now: datetime) -> Certainty:
        """The certainty at `now` (aware UTC); `facts` are without those of the score."""
        known, possible = self._scored(facts, open_facts, now)
        places = self._rules.candidates(known, open_facts, possible, now)
        matters = {fact for place in places for fact in self._read[place]}
        if any(self._targets[place] != self._targets[places[0]] for place in places):
            matters |= {fact for place in places for fact in self._rules.names[place]}
        if not matters.isdisjoint(possible):
            matters |= self._behind_score
        rules = tuple(self._policy.rules[place] for place in places)
        return Certainty(rules, frozenset(matters) & open_facts)

    def _scored(
        self, facts: Facts, open_facts: frozenset[str], now: datetime
    ) -> tuple[dict[str, Value], Possible]:
        """The known facts with those of the score; and the possible values of the score's other facts."""
        fit = self._fit.interval(facts, open_facts, now)
        engagement = self._engagement.interval(facts, open_facts, now)
        one_value, possible = self._values(fit, engagement)
        known = {**facts, **one_value}
        places = self._segments.candidates(known, open_facts, possible, now)
        segments: set[Value | None] = {self._policy.segments[place].name for place in places}
        one_segment, some = _split({"segment": segments or {None}})
        return {**known, **one_segment}, {**possible, **some}


def _values_of(scoring: Scoring) -> Callable[[Span, Span], tuple[Facts, Possible]]:
    """The facts of the score for spans of fit and engagement: those with one value, and the possible values.

    There are few pairs of spans, so each is computed once.
    """

    @lru_cache(maxsize=4096)
    def values(fit: Span, engagement: Span) -> tuple[Facts, Possible]:
        return _split(
            {
                "fit": _numbers(fit),
                "engagement": _numbers(engagement),
                "score": _numbers((fit[0] + engagement[0], fit[1] + engagement[1])),
                "grade": {
                    f"{letter}{digit}" or None
                    for letter in _labels(scoring.grade.fit, fit)
                    for digit in _labels(scoring.grade.engagement, engagement)
                },
            }
        )

    return values


def _split(values: Possible) -> tuple[dict[str, Value], dict[str, Collection[Value | None]]]:
    """The facts that have one value, or are missing for good, and those that can have several."""
    known = {fact: value for fact, (value, *others) in values.items() if value is not None and not others}
    return known, {fact: found for fact, found in values.items() if len(found) > 1}


def _target(policy: Policy, rule: Rule) -> tuple[Action, timedelta, str | None, bool]:
    return rule.action, rule.sla or policy.default_sla, rule.status or policy.default_status, rule.task


def _read_by(action: Action) -> frozenset[str]:
    """The facts on which it depends who of a rule's reps gets the lead; a sticky rule follows the mailbox."""
    follows = ("email_domain", "email") if any(step.sticky for step in steps_of(action)) else ()
    return frozenset((*facts_asked(action), *follows))


def _numbers(span: Span) -> list[Value | None]:
    return [Decimal(number) for number in range(span[0], span[1] + 1)]


def _labels(ranges: Sequence[tuple[str, Between]], span: Span) -> set[str]:
    """The labels of the whole numbers in the span; "" for one outside of all ranges."""
    return {
        next((label for label, between in ranges if lies_between(number, between)), "")
        for number in map(Decimal, range(span[0], span[1] + 1))
    }
