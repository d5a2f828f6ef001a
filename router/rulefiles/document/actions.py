"""A rule's action in plain words, for the policy document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from msgspec import Struct

from router.policy.leads.text import folded
from router.policy.people.roster import Rep
from router.policy.rules.policy import (
    Action,
    Assign,
    DoNothing,
    Method,
    Need,
    Nurture,
    Policy,
    Rule,
    ToAccountOwner,
    ToPreviousOwner,
    ToRep,
    ToTeam,
)
from router.rulefiles.document.conditions import ConditionDescriber
from router.rulefiles.document.phrases import PHRASES, percent, say, span_in_words


class ActionDescriber(Struct, frozen=True):
    """Describes the actions of one policy."""

    policy: Policy
    conditions: ConditionDescriber

    def lines(self, rule: Rule) -> tuple[str, ...]:
        """The reps who get the leads of a rule, the method, and the fallback if no rep is available."""
        status = (self._say("status", status=rule.status),) if rule.status else ()
        task = (self._say("task"),) if rule.task else ()
        return (*self._phrases(rule.action), *task, *status)

    def within(self, rule: Rule) -> str:
        """The time to answer, in words; "" where the leads get no owner."""
        if not isinstance(rule.action, Assign):
            return ""
        return self.span(rule.sla or self.policy.default_sla)

    def span(self, span: timedelta) -> str:
        """Duration such as `15 min` or `4 h`."""
        return span_in_words(span, self.conditions.language)

    def shares(self, reps: Sequence[Rep]) -> str:
        """Shares such as `camille 50 %, hugo 17 %, lea 33 %`."""
        total = sum(rep.weight for rep in reps) or 1
        return ", ".join(
            f"{rep.name}\u00a0{percent(rep.weight, total, self.conditions.language)}" for rep in reps
        )

    def _phrases(self, action: Action) -> Iterator[str]:
        match action:
            case Assign():
                yield from self._assign(action)
            case Nurture(workflow, sets):
                yield self._say("nurture")
                if workflow is not None:
                    yield self._say("workflow", workflow=workflow)
                yield from (self._set(name, value) for name, value in sets.items())
            case DoNothing():
                yield self._say("nothing")

    def _assign(self, assign: Assign) -> Iterator[str]:
        yield self._target(assign)
        for kind, needs in (("needs", assign.needs), ("prefer", assign.prefer)):
            for need in needs:
                yield self._say(kind, wish=self._wish(need))
        if assign.any_hour:
            yield self._say("any_hour")
        if assign.sticky is not None:
            yield self._say("sticky", span=self.span(assign.sticky))
        if assign.if_unavailable is not None:
            first, *rest = self._assign(assign.if_unavailable)
            yield self._say("instead", action=first)
            yield from rest

    def _target(self, assign: Assign) -> str:
        match assign.to:
            case ToTeam(team) if assign.method is Method.QUEUE:
                if assign.push_after is None:
                    return self._say("to_queue", team=team)
                return self._say("to_queue_push", team=team, span=self.span(assign.push_after))
            case ToTeam(team):
                shares = self.shares(self._who_may(team, assign.needs))
                by_load = assign.method is Method.LEAST_LOADED
                return self._say("to_team_by_load" if by_load else "to_team", team=team, shares=shares)
            case ToRep(rep):
                return self._say("to_rep", rep=rep)
            case ToAccountOwner():
                return self._say("to_owner")
            case ToPreviousOwner():
                return self._say("to_previous")

    def _who_may(self, team: str, needs: Sequence[Need]) -> list[Rep]:
        """The team's reps who meet the fixed needs; needs that depend on the lead are not known here."""
        reps = [self.policy.roster.reps[name] for name in self.policy.roster.teams[team].reps]
        for need in needs:
            if need.value is not None:
                reps = [rep for rep in reps if folded(need.value) in _had(rep, need.kind)]
        return reps

    def _wish(self, need: Need) -> str:
        if need.from_fact is not None:
            return self._say(f"asked_{need.kind}", fact=self.conditions.fact(need.from_fact))
        value = str(need.value)
        if need.kind == "language" and f"language_{value}" in PHRASES:
            value = self._say(f"language_{value}")
        return self._say(f"wish_{need.kind}", value=value)

    def _set(self, name: str, value: str) -> str:
        return self._say("sets", name=self.conditions.fact(name), value=self.conditions.words(name, value))

    def _say(self, phrase: str, **words: object) -> str:
        return say(self.conditions.language, phrase, **words)


def _had(rep: Rep, kind: str) -> set[str]:
    has = {"skill": rep.skills, "language": rep.languages, "level": (rep.level,) if rep.level else ()}
    return {folded(value) for value in has[kind]}
