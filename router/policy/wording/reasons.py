"""The phrase behind a recorded reason, found for any language and any words filled in."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from router.policy.wording.phrases import PHRASES

AWAY: Final = frozenset(
    {
        *("on_leave", "away", "away_for_years", "out_of_office", "out_of_office_for_years"),
        *("away_in_hubspot", "unreadable", "public_holiday"),
    }
)
"""Phrases for a rep who is away for the day; the others are about the lead, caps or the hour."""


LONGEST_REASON: Final = 500
"""Characters of a recorded reason that is compared with phrases; a person's own words may be longer."""


def phrase_of(reason: str) -> str | None:
    """The name of the phrase for this reason, or None if no current phrase matches."""
    return _phrase_of(reason) if len(reason) <= LONGEST_REASON else None


def lasting(reason: str) -> str:
    """The reason without the parts that change from lead to lead, such as the hour of the next shift."""
    return _lasting(reason) if len(reason) <= LONGEST_REASON else reason


@lru_cache(maxsize=4096)
def _phrase_of(reason: str) -> str | None:
    return next((name for name, _language, pattern in _PATTERNS if pattern.fullmatch(reason)), None)


@lru_cache(maxsize=4096)
def _lasting(reason: str) -> str:
    for name, language, pattern in _PATTERNS:
        if pattern.fullmatch(reason):
            return PHRASES[_LASTING_PHRASES[name]][language] if name in _LASTING_PHRASES else reason
    return reason


def says_away(reason: str) -> bool:
    """Whether the reason means that the rep was away for the day."""
    return phrase_of(reason) in AWAY


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{\w+\}", template)
    return re.compile(".+".join(re.escape(piece) for piece in pieces))


_LASTING_PHRASES: Final = {
    "not_before": "out_of_hours",
    "at_capacity": "at_max_open_leads",
    "day_full": "at_max_per_day",
}

_OWN_WORDS: Final = re.compile(r"[^\W\d_]{2}")

_PATTERNS: Final = tuple(
    (name, language, _pattern(template))
    for name, templates in PHRASES.items()
    for language, template in templates.items()
    if _OWN_WORDS.search(re.sub(r"\{\w+\}", "", template))
)
"""Patterns of the phrases with words besides the braces, in the order of the file."""
