"""The reason of a decision: one sentence for the lead's record."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from router.policy.decision.decision import Assigned, Nurtured, Queued
from router.policy.decision.placement import Placement
from router.policy.shares.share import credit_in_words
from router.policy.wording.phrases import say

LONGEST: Final = 250
"""Largest length of the sentence, in characters."""
_SHORTEST_RULE: Final = 40


def sentence(placement: Placement, *, rule: str, grade: str, segment: str, score: int, language: str) -> str:
    """The reason in `fr` or `en`, at most 250 characters: rule and rep, no personal data of the lead."""
    outcome = _outcome_in_words(placement, language)
    text = _opening(rule, grade, segment, score, language) + outcome
    if len(text) > LONGEST:
        room = max(len(rule) - (len(text) - LONGEST), _SHORTEST_RULE)
        text = _opening(_cut(rule, room), grade, segment, score, language) + outcome
    return _cut(text, LONGEST)


@lru_cache(maxsize=4096)
def _opening(rule: str, grade: str, segment: str, score: int, language: str) -> str:
    """The sentence up to its outcome: the rule, and grade, segment and points. Many leads have the same."""
    rating = ", ".join(part for part in (grade, segment, say(language, "points", score=score)) if part)
    return say(language, "sentence", rule=rule, standing=rating, outcome="")


def _outcome_in_words(placement: Placement, language: str) -> str:
    """The outcome in words, with the reason for a detour if there was one."""
    words = _outcome(placement, language)
    why = placement.detour
    if why is None and isinstance(placement.outcome, Queued):
        why = placement.outcome.why
    return words if why is None else say(language, "because", outcome=words, why=why)


def _outcome(placement: Placement, language: str) -> str:
    match placement.outcome:
        case Assigned(rep=rep, team=team):
            credit = next((share.credit for share in placement.shares if share.rep == rep), 0)
            owner = "previous_owner" if placement.how == "contact" else "account_owner"
            called = rep or say(language, owner)
            owed = credit_in_words(credit, language, placement.lead_value.unit)
            return _owner(language, placement.how, called, team, owed)
        case Queued(team=team):
            return say(language, "queued", team=team)
        case Nurtured(workflow=workflow):
            if workflow is None:
                return say(language, "nurtured")
            return say(language, "nurtured_in", workflow=workflow)
        case _:
            return say(language, "left_alone")


@lru_cache(maxsize=4096)
def _owner(language: str, how: str, rep: str, team: str | None, credit: str) -> str:
    """The owner in words; credits are rounded to tenths, so these words come again and again."""
    return say(language, how, rep=rep, team=team, credit=credit)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
