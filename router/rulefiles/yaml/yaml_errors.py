"""libyaml's error messages in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import yaml

from router.rulefiles.yaml.tree import Scalar

_AT_LEAST: Final = "A value cannot start with '>' in YAML. Write '200..' or at_least: 200."
_PLAIN: Final[Mapping[str, str]] = {
    "did not find expected ',' or ']'": "This '[' is not closed, or a comma is missing behind it.",
    "did not find expected ',' or '}'": "This '{' is not closed, or a comma is missing behind it.",
    "mapping values are not allowed in this context": "A text that contains ': ' goes in quotes; "
    "a key begins its own line.",
    "found unexpected end of stream": "This quote is never closed.",
    "could not find expected ':'": "A key has no ':' behind it, or a quote is not closed.",
    "did not find expected key": "This line is indented differently from the lines above it.",
    "did not find expected '-' indicator": "The lines above are a list: begin this one with '- ' too, "
    "or indent it as its key needs.",
    "did not find expected node content": "A value is missing before this place.",
    "found character that cannot start any token": "A value that begins with @, `, % or | goes in quotes.",
    "block sequence entries are not allowed in this context": "A list that begins with '- ' starts on a line "
    "of its own.",
}

_OPENED_BEFORE: Final = frozenset(
    ("did not find expected ',' or ']'", "did not find expected ',' or '}'", "found unexpected end of stream")
)
"""Errors that libyaml reports far behind their cause: the place to show is the opening bracket or quote."""

Mark: TypeAlias = yaml.Mark | yaml._yaml.Mark


def in_plain_words(error: yaml.MarkedYAMLError, lines: tuple[str, ...]) -> tuple[Scalar, str, str]:
    """The place of the mistake, libyaml's message, and what to do about it."""
    problem = error.problem or "it cannot be understood"
    for mark in (error.context_mark, error.problem_mark):
        at = place(mark)
        if lines[at.line - 1 : at.line] and lines[at.line - 1][at.column - 1 :].startswith(">"):
            return at, "this is not valid YAML: a value starts with '>'", _AT_LEAST
    hint = _PLAIN.get(problem, "Put texts with special characters in quotes.")
    at = place(error.context_mark if problem in _OPENED_BEFORE else error.problem_mark)
    return at, f"this is not valid YAML: {problem}", hint


def place(mark: Mark | None) -> Scalar:
    """The place of a libyaml mark, which counts from 0, as an empty scalar, which counts from 1."""
    return Scalar("", mark.line + 1, mark.column + 1) if mark else Scalar("", 1, 1)
