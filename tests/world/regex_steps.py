"""Counting the steps of a backtracking regular expression, which shows its growth without a clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

ENDS = ("", "\0", "\n", "!")
"""Characters after the repeated part, which make most patterns fail there and try again."""
MOST_STEPS = 100_000
MOST_LETTERS = 7


class TooManySteps(Exception):
    """The pattern took more steps than any linear one does."""


class _Matcher:
    """Python's way of trying a pattern: from left to right, longest first, and back."""

    def __init__(self, text: str, flags: int) -> None:
        self.text = text
        self.flags = flags
        self.steps = 0

    def ends(self, tree: Sequence[Any], at: int) -> Iterator[int]:
        """The ends of all ways to match the parts of a pattern from here, in the order of Python's tries."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooManySteps
        if not tree:
            yield at
            return
        for end in self._one(tree[0], at):
            yield from self.ends(tree[1:], end)

    def _one(self, part: Any, at: int) -> Iterator[int]:
        kind, given = str(part[0]), part[1]
        if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            ends = self._repeated(*given, at=at, lazy=kind == "MIN_REPEAT")
            yield from ends if kind != "POSSESSIVE_REPEAT" else _first(ends)
        elif kind == "SUBPATTERN":
            yield from self.ends(given[-1], at)
        elif kind == "ATOMIC_GROUP":
            yield from _first(self.ends(given, at))
        elif kind == "BRANCH":
            for branch in given[1]:
                yield from self.ends(branch, at)
        elif kind in ("ASSERT", "ASSERT_NOT"):
            direction, tree = given
            start = at if direction > 0 else at - tree.getwidth()[0]
            found = start >= 0 and next(self.ends(tree, start), None) is not None
            if found is (kind == "ASSERT"):
                yield at
        elif kind == "AT":
            if _is_at(str(given), self.text, at):
                yield at
        elif at < len(self.text) and _fits(part, self.text[at], self.flags):
            yield at + 1

    def _repeated(self, least: int, most: Any, tree: Any, *, at: int, lazy: bool) -> Iterator[int]:
        """One character repeated needs no recursion; a group is tried level by level."""
        levels: list[Iterator[int]] = []
        places = [at]
        if lazy and least == 0:
            yield at
        while True:
            if len(places) - 1 < int(most):
                ends = self.ends(tree, places[-1])
                end = next(ends, None)
                if end is not None and end > places[-1]:
                    levels.append(ends)
                    places.append(end)
                    if lazy and len(places) - 1 >= least:
                        yield end
                    continue
            while True:
                if not lazy and len(places) - 1 >= least:
                    yield places[-1]
                if not levels:
                    return
                places.pop()
                other = next(levels[-1], None)
                if other is not None and other > places[-1]:
                    places.append(other)
                    break
                levels.pop()


def steps(pattern: re.Pattern[str], text: str, *, whole: bool) -> int:
    """Steps to find all matches in the text, or to see whether the `whole` text is one."""
    tree = list(re._parser.parse(pattern.pattern, pattern.flags))  # type: ignore[attr-defined]
    matcher = _Matcher(text, pattern.flags)
    if whole:
        next((end for end in matcher.ends(tree, 0) if end == len(text)), None)
        return matcher.steps
    at = 0
    while at <= len(text):
        end = next(matcher.ends(tree, at), None)
        at = at + 1 if end is None or end == at else end
    return matcher.steps


def slow_text(pattern: re.Pattern[str], *, whole: bool, length: int = 16) -> str | None:
    """A text for which four times its length takes more than six times the steps, or None.

    Tried are the characters and pairs of characters that the pattern itself names, many times over.
    """
    tree = re._parser.parse(pattern.pattern, pattern.flags)  # type: ignore[attr-defined]
    letters = list(dict.fromkeys(_letters(tree)))[:MOST_LETTERS]
    pumps = [*letters, *("".join(pair) for pair in product(letters, letters) if pair[0] != pair[1])]
    for start, pump, end in product({"", *letters, *_beginnings(tree)}, pumps, ENDS):
        try:
            few = steps(pattern, start + pump * length + end, whole=whole)
            many = steps(pattern, start + pump * (4 * length) + end, whole=whole)
        except TooManySteps:
            return start + pump * length + end
        if many > 6 * few:
            return start + pump * length + end
    return None


def _first(ends: Iterator[int]) -> Iterable[int]:
    end = next(ends, None)
    return () if end is None else (end,)


def _fits(part: Any, letter: str, flags: int = 0) -> bool:
    kind, given = str(part[0]), part[1]
    if kind == "LITERAL":
        return ord(letter) == given
    if kind == "NOT_LITERAL":
        return ord(letter) != given
    if kind == "ANY":
        return letter != "\n" or bool(flags & re.DOTALL)
    if kind == "RANGE":
        return given[0] <= ord(letter) <= given[1]
    if kind == "CATEGORY":
        code = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[str(given).rpartition("_")[2]]
        return (re.match(code, letter) is None) is ("_NOT_" in str(given))
    assert kind == "IN", kind
    negated = str(given[0][0]) == "NEGATE"
    return any(_fits(one, letter) for one in given[negated:]) is not negated


def _is_at(place: str, text: str, at: int) -> bool:
    if place == "AT_BEGINNING":
        return at == 0
    if place == "AT_END":
        return at == len(text)
    assert place == "AT_BOUNDARY", place
    word = [0 <= one < len(text) and re.match(r"\w", text[one]) is not None for one in (at - 1, at)]
    return word[0] is not word[1]


def _beginnings(tree: Any) -> Iterator[str]:
    """For each part of a pattern, a text that fits the parts before it."""
    text = ""
    for part in tree:
        kind, given = str(part[0]), part[1]
        if "REPEAT" in kind:
            text += _sample(given[2]) * max(1, given[0])
        elif kind != "BRANCH":
            text += _sample([part])
        yield text


def _sample(tree: Any) -> str:
    """A text that fits: the first branch, and each repetition once."""
    text = ""
    for part in tree:
        kind, given = str(part[0]), part[1]
        if "REPEAT" in kind:
            text += _sample(given[2]) * max(1, given[0])
        elif kind == "SUBPATTERN":
            text += _sample(given[-1])
        elif kind == "ATOMIC_GROUP":
            text += _sample(given)
        elif kind == "BRANCH":
            text += _sample(given[1][0])
        elif kind not in ("AT", "ASSERT", "ASSERT_NOT"):
            text += next(_letters([part]), "")
    return text


def _letters(tree: Any) -> Iterator[str]:
    """For each part of a pattern that takes one character, characters that fit."""
    samples = "a1 @./-_\t:,~!"
    for part in tree:
        kind, given = str(part[0]), part[1]
        if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            yield from _letters(given[2])
        elif kind == "SUBPATTERN":
            yield from _letters(given[-1])
        elif kind == "ATOMIC_GROUP":
            yield from _letters(given)
        elif kind == "BRANCH":
            for branch in given[1]:
                yield from _letters(branch)
        elif kind == "LITERAL":
            yield chr(given)
        elif kind in ("IN", "ANY", "NOT_LITERAL"):
            yield from [letter for letter in samples if _fits(part, letter)][:2]
            if kind == "IN" and str(given[0][0]) in ("LITERAL", "RANGE"):
                first = given[0][1]
                yield chr(first if isinstance(first, int) else first[0])
