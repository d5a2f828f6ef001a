"""Tokens: the words of a text, or options of a multiple choice, that rules look for.

One value can have any of them at once, so every union of the tests that single tokens satisfy is possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from router.policy.leads.lead import Value
from router.policy.rules.conditions import Contains, Matcher, OneOf, answering

MOST_UNIONS: Final = 512
"""Largest number of combinations told apart exactly; beyond it, tokens count as independent."""
_SPARE: Final = "qx"
"""Letters that turn the beginning `direct*` into a word, and keep two words from making a phrase."""

Build: TypeAlias = Callable[[Iterable[str]], Value | None]
"""Function from tokens to the value that has them and satisfies no other test; None without any."""


def text_of(words: Iterable[str]) -> str | None:
    """A text that has these words, and no phrase across two of them."""
    return f" {_SPARE} ".join(words) or None


def choices_of(options: Iterable[str]) -> frozenset[str] | None:
    """A multiple choice of these options."""
    return frozenset(options) or None


def words_in(matchers: Sequence[Matcher], *, now: datetime) -> tuple[str, ...]:
    """A text with each word that the matchers look for; none is a value they compare with."""
    words = dict.fromkeys(word for asked in matchers if isinstance(asked, Contains) for word in asked.words)
    listed = options_in(matchers)
    return tuple(_beside(_as_text(word, matchers, now), listed) for word in words)


def options_in(matchers: Sequence[Matcher]) -> tuple[str, ...]:
    """The options that the matchers ask for, sorted."""
    options = {str(value) for asked in matchers if isinstance(asked, OneOf) for value in asked.values}
    return tuple(sorted(options))


def unions(tokens: Mapping[int, str]) -> tuple[tuple[str, ...], ...] | None:
    """Tokens for each set of matchers that tokens can satisfy together; None if there are too many sets.

    `tokens` holds one token for each set of matchers (as bits) that a token satisfies on its own.
    """
    found: dict[int, tuple[str, ...]] = {0: ()}
    for satisfied, token in tokens.items():
        for before, taken in tuple(found.items()):
            found.setdefault(before | satisfied, (*taken, token))
        if len(found) > MOST_UNIONS:
            return None
    return tuple(found.values())


def _as_text(word: str, matchers: Sequence[Matcher], now: datetime) -> str:
    """The word as a text; a bare beginning reads better than `directqx`, if it satisfies nothing more."""
    if not word.rstrip().endswith("*"):
        return word
    bare = word.rstrip().rstrip("*")
    spared = bare + _SPARE
    if bare in options_in(matchers):
        return spared
    same = all(answering(asked)(bare, now) == answering(asked)(spared, now) for asked in matchers)
    return bare if same else spared


def _beside(text: str, listed: Sequence[str]) -> str:
    """The text, made longer if it is a listed value. A title with the word `daf` is not the title `daf`."""
    while text in listed:
        text = f"{text} {_SPARE}"
    return text
