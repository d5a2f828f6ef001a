"""The answer to "why not there?" in words, in French and in English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from router.policy.decision.decision import Assigned, Decision, Nurtured, Queued
from router.policy.explanation.step import Step
from router.policy.leads.derived import OWNER_FACTS
from router.policy.leads.lead import Value
from router.policy.rules.policy import Policy
from router.policy.why_not.other_values import ANY_OTHER
from router.policy.why_not.question import FactChange, Road, WhyNot
from router.policy.wording.phrases import owner_called
from router.policy.wording.phrases import say as say_phrase

MOST_ROADS: Final = 5
MOST_OTHERS: Final = 3
PHRASES: Final[Mapping[str, Mapping[str, str]]] = {
    "title": {"en": "Why not {name}?", "fr": "Pourquoi pas {name} ?"},
    "no_road": {"en": "no rule ever leads there", "fr": "aucune règle n'y mène jamais"},
    "failed": {
        "en": "{rule} (line {line}) asks for {written}",
        "fr": "{rule} (ligne {line}) demande {written}",
    },
    "taken": {
        "en": "{rule} (line {line}) fits, but {taken_by} stands above it",
        "fr": "{rule} (ligne {line}) convient, mais {taken_by} est au-dessus",
    },
    "took": {
        "en": "{rule} (line {line}) took the lead",
        "fr": "{rule} (ligne {line}) a pris le lead",
    },
    "more_roads": {"en": "and {count} more rules lead there", "fr": "et {count} autres règles y mènent"},
    "passed": {"en": "{name} was passed over: {reason}", "fr": "{name} a été écarté : {reason}"},
    "kept": {
        "en": "{rep} keeps it: they had it when its facts came, and may have it",
        "fr": "{rep} le garde : il était chez {rep} quand ses informations sont arrivées, et peut y rester",
    },
    "there": {"en": "it does go there", "fr": "il y va bien"},
    "turn": {
        "en": "it is not {name}'s turn yet: {turns} such lead(s) go to others first",
        "fr": "ce n'est pas encore le tour de {name} : {turns} lead(s) semblable(s) vont d'abord à d'autres",
    },
    "may_take": {
        "en": "{name} can take it from the queue of {team}",
        "fr": "{name} peut le prendre dans la file de {team}",
    },
    "would": {"en": "What would send it there", "fr": "Ce qui l'y enverrait"},
    "change": {"en": "{fact}: {before} → {after}", "fr": "{fact} : {before} → {after}"},
    "follows": {"en": "then {fact} is {after}", "fr": "alors {fact} : {after}"},
    "others": {"en": "or {values}", "fr": "ou {values}"},
    "more": {"en": "{count} more", "fr": "{count} autres"},
    "result": {"en": "then: {rule} → {outcome}", "fr": "alors : {rule} → {outcome}"},
    "none": {
        "en": "no change of one, two or three facts does it",
        "fr": "aucun changement d'un, deux ou trois faits n'y suffit",
    },
    "unknown": {
        "en": "unknown: {trials} changes were tried and none does it, but not all there are",
        "fr": "inconnu : {trials} changements essayés, aucun n'y suffit, mais il en reste",
    },
    "missing": {"en": "missing", "fr": "non renseigné"},
    "any_other": {"en": "any other value", "fr": "une autre valeur"},
    "whoever": {"en": "an owner who is no rep", "fr": "un propriétaire hors équipe"},
}


def steps_of(answer: WhyNot, policy: Policy, *, language: str, owners: Mapping[str, str]) -> tuple[Step, ...]:
    """The answer as steps, in `fr` or `en`; `owners` are the owners' e-mail addresses by id."""
    zone = policy.roster.timezone
    steps = [Step(_say(language, "title", name=answer.wanted.name), tuple(_obstacles(answer, language)))]
    if answer.changes is None:
        phrase = "none" if answer.is_complete else "unknown"
        steps.append(Step(_say(language, "would"), (_say(language, phrase, trials=answer.trials),)))
    elif answer.changes:
        lines = [
            line
            for change in answer.changes
            for line in _change_lines(change, zone=zone, language=language, owners=owners)
        ]
        lines += [*_result(answer, language), *_arrival(answer, language)]
        steps.append(Step(_say(language, "would"), tuple(lines)))
    return tuple(steps)


def value_in_words(value: Value | None, *, zone: ZoneInfo, language: str) -> str:
    """A fact's value in words: moments in the time zone `zone`, `missing` for None."""
    match value:
        case None:
            return _say(language, "missing")
        case str() if value == ANY_OTHER:
            return _say(language, "any_other")
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
        case timedelta():
            hours = value // timedelta(hours=1)
            return (
                f"{hours // 24} d {hours % 24} h" if language == "en" else f"{hours // 24} j {hours % 24} h"
            )
        case frozenset():
            return ", ".join(sorted(value_in_words(one, zone=zone, language=language) for one in value))
        case _:
            return str(value)


def _obstacles(answer: WhyNot, language: str) -> Iterator[str]:
    if answer.kept_by is not None and answer.wanted.name != answer.kept_by:
        yield _say(language, "kept", rep=answer.kept_by)
    if answer.changes == ():
        yield from _arrival(answer, language) or (_say(language, "there"),)
        return
    if answer.passed_over:
        yield _say(language, "passed", name=answer.wanted.name, reason=answer.passed_over)
    if not answer.roads:
        yield _say(language, "no_road")
    for road in answer.roads[:MOST_ROADS]:
        yield _road(road, language)
    if len(answer.roads) > MOST_ROADS:
        yield _say(language, "more_roads", count=len(answer.roads) - MOST_ROADS)


def _road(road: Road, language: str) -> str:
    rule = {"rule": road.rule.name, "line": road.rule.line}
    if road.failed is not None:
        return _say(language, "failed", written=road.failed, **rule)
    if road.taken_by is not None:
        return _say(language, "taken", taken_by=road.taken_by, **rule)
    return _say(language, "took", **rule)


def _change_lines(
    change: FactChange, *, zone: ZoneInfo, language: str, owners: Mapping[str, str]
) -> Iterator[str]:
    def words(fact: str, value: Value | None) -> str:
        if fact in OWNER_FACTS and value is not None:
            return _say(language, "whoever") if value == ANY_OTHER else owners.get(str(value), str(value))
        return value_in_words(value, zone=zone, language=language)

    before, after = words(change.fact, change.before), words(change.fact, change.after)
    line = _say(language, "change", fact=change.fact, before=before, after=after)
    if change.others:
        named = [words(change.fact, other) for other in change.others[:MOST_OTHERS]]
        if len(change.others) > MOST_OTHERS:
            named.append(_say(language, "more", count=len(change.others) - MOST_OTHERS))
        line += f" ({_say(language, 'others', values=', '.join(named))})"
    yield line
    for fact, value in change.follows:
        yield _say(language, "follows", fact=fact, after=words(fact, value))


def _result(answer: WhyNot, language: str) -> Iterator[str]:
    if answer.then is not None:
        yield _say(language, "result", rule=answer.then.rule, outcome=_outcome(answer.then, language))


def _arrival(answer: WhyNot, language: str) -> tuple[str, ...]:
    """The line for a rep who misses this lead: when the rep is next, or where to claim it."""
    outcome, name = (answer.then.outcome if answer.then else None), answer.wanted.name
    if answer.wanted.kind == "rep" and isinstance(outcome, Queued):
        return (_say(language, "may_take", name=name, team=outcome.team),)
    if answer.turns:
        return (_say(language, "turn", name=name, turns=answer.turns),)
    return ()


def _outcome(decision: Decision, language: str) -> str:
    match decision.outcome:
        case Assigned(rep=rep, owner_id=owner_id, team=team):
            called = rep or owner_called(decision.facts, owner_id, language)
            return f"{called} ({team})" if team else called
        case Queued(team=team):
            return say_phrase(language, "queued", team=team)
        case Nurtured():
            return say_phrase(language, "nurtured")
        case _:
            return say_phrase(language, "left_alone")


def _say(language: str, phrase: str, **words: object) -> str:
    return PHRASES[phrase][language].format(**words)
