"""Mistakes in rule files, and how they are shown to their author."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from msgspec import Struct

WIDEST_LINE: Final = 110
"""Characters of a source line that are shown; a longer line is cut around its caret."""
LONGEST_GUESS: Final = 60
"""Longest name, in characters, for which a similar name is looked for."""


class Severity(StrEnum):
    """Severity of a mistake: errors refuse the files; warnings ask for a look; infos are good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Mistake(Struct, frozen=True):
    """One thing to correct: `line` and `column` count characters from 1; `hint` is the way out."""

    file: str
    line: int
    column: int
    severity: Severity
    message: str
    hint: str | None = None
    source_line: str = ""

    def __str__(self) -> str:
        head = f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"
        return "\n".join([head, *self._excerpt(), *([f"    {self.hint}"] if self.hint else [])])

    def _excerpt(self) -> list[str]:
        if not self.source_line.strip():
            return []
        start = max(0, self.column - WIDEST_LINE + 10) if len(self.source_line) > WIDEST_LINE else 0
        cut = self.source_line[start : start + WIDEST_LINE].rstrip()
        shown = "".join(char if char.isprintable() else " " for char in cut)
        return [f"    {shown}", " " * (4 + self.column - 1 - start) + "^"]


def did_you_mean(name: str, among: Iterable[str]) -> str | None:
    """The sentence that proposes the most similar name, or None if nothing is close."""
    if len(name) > LONGEST_GUESS:
        return None
    by_folded = {known.casefold(): known for known in among}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f"Did you mean '{by_folded[close[0]]}'?" if close else None


def in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """The mistakes as people read them: by file, then by place; one that was found twice is kept once."""
    return tuple(sorted(dict.fromkeys(mistakes), key=lambda m: (m.file, m.line, m.column, m.message)))
