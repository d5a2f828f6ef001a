"""Text folding for comparisons: lower case, no accents, whole words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_NOT_DECOMPOSED = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """The words of a text in lower case without accents, with one space before, between and after them.

    Because of the spaces, " dg " is found in " dg france " but not in " budget ".
    """
    bare = unicodedata.normalize("NFKD", text.casefold().translate(_NOT_DECOMPOSED))
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return f" {_BETWEEN_WORDS.sub(' ', bare).strip()} "


LONGEST_CACHED: Final = 200
"""Characters of a text that may repeat from lead to lead: 4,096 long texts would fill the memory."""


def folded_once(text: str) -> str:
    """`folded` with a cache for short texts, because job titles and countries repeat from lead to lead."""
    return _folded_once(text) if len(text) <= LONGEST_CACHED else folded(text)


@lru_cache(maxsize=4096)
def _folded_once(text: str) -> str:
    return folded(text)


def needle(word: str) -> str:
    """The text to find in a folded text: a whole word or phrase, or its beginning after a final `*`."""
    whole = folded(word)
    return whole.rstrip(" ") if word.rstrip().endswith("*") else whole
