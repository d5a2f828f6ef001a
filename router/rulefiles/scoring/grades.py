"""Reader of `grade` in scoring.yaml: the ranges of points that make each grade."""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from router.policy.leads.catalog import FactType
from router.policy.rules.conditions import Between, lies_between
from router.policy.rules.scoring import GradeGrid, Scorecard
from router.rulefiles.words.ranges import RangeReader
from router.rulefiles.words.vocabulary import Fact
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Node, Scalar, YamlEntry

_FORM: Final = "Write {A: 60.., B: 30..59, C: ..29}."
_ANY_ZONE: Final = ZoneInfo("UTC")

Column = tuple[tuple[str, Between], ...]


def read_grid(node: Node, file: FileReader, *, fit: Scorecard, engagement: Scorecard) -> GradeGrid:
    """The grid; every sum of points from 0 to each card's maximum must have its letter or digit."""
    required = {"fit": _FORM, "engagement": _FORM}
    fields = file.fields(node, "'grade'", known=tuple(required), required=required) or {}
    columns: list[Column] = []
    for name, card in (("fit", fit), ("engagement", engagement)):
        columns.append(_column(fields[name], file, card) if name in fields else ())
    return GradeGrid(*columns)


def grades_of(grid: GradeGrid) -> tuple[str, ...]:
    """All grades of the grid, best first: A1, A2 … C3."""
    return tuple(letter + digit for letter, _ in grid.fit for digit, _ in grid.engagement)


def _column(entry: YamlEntry, file: FileReader, card: Scorecard) -> Column:
    name = entry.key.text
    reader = RangeReader(Fact(name, FactType.NUMBER, integer=True), _ANY_ZONE, file)
    column: list[tuple[str, Between]] = []
    broken = False
    for line in file.entries(entry.value, f"the grades of '{name}'"):
        if not (len(line.key.text) == 1 and line.key.text.isalnum()):
            file.error(line.key, f"a grade has one letter or digit, not '{line.key.text}'", _FORM)
        written = file.scalar(line.value, f"the grade '{line.key.text}'")
        found = _range(written, reader, file) if written else None
        if found is None:
            broken = True
        else:
            column.append((line.key.text, found))
    if not broken:
        _cover(entry.key, file, column, card.maximum)
    return tuple(column)


def _range(written: Scalar, reader: RangeReader, file: FileReader) -> Between | None:
    if reader.is_range(written.text):
        return reader.written(written)
    file.error(written, f"a grade needs a range of points, not '{written.text}'", _FORM)
    return None


def _cover(key: Scalar, file: FileReader, column: list[tuple[str, Between]], maximum: int) -> None:
    earned: set[str] = set()
    for points in range(maximum + 1):
        letter = next((letter for letter, span in column if lies_between(Decimal(points), span)), None)
        if letter is None:
            message = f"no grade of '{key.text}' covers {points} points"
            file.error(key, message, f"Every number from 0 to {maximum} needs one.")
            return
        earned.add(letter)
    for letter, _ in column:
        if letter not in earned:
            message = f"no lead can have the grade '{letter}' of '{key.text}'"
            file.warning(key, message, f"The grades above it take all points from 0 to {maximum}.")
