"""Reader of the working weeks below `hours` in team.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Final

from router.policy.people.roster import Hours
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import clock
from router.rulefiles.yaml.tree import Node, Scalar, YamlEntry

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM: Final = "Write 09:00-18:00, or [09:00-12:30, 14:00-18:00]."

Span = tuple[time, time]


def read_hours(node: Node, file: FileReader) -> Mapping[str, Hours]:
    """The working weeks by name; a day that a week does not name is free."""
    weeks = file.entries(node, "'hours'")
    return {entry.key.text: Hours(entry.key.text, _week(entry, file)) for entry in weeks}


def _week(entry: YamlEntry, file: FileReader) -> tuple[tuple[Span, ...], ...]:
    week: list[tuple[Span, ...]] = [()] * len(DAYS)
    named: dict[int, Scalar] = {}
    for line in file.entries(entry.value, f"the working week '{entry.key.text}'"):
        spans = _spans(line.value, file)
        for day in _days(line.key, file):
            if day in named:
                message = f"'{DAYS[day]}' is in '{named[day].text}' already"
                file.error(line.key, message, "Name each day once.")
            named[day] = line.key
            week[day] = spans
    return tuple(week)


def _days(key: Scalar, file: FileReader) -> range:
    first, _, last = key.text.partition("-")
    last = last or first
    if first not in DAYS or last not in DAYS:
        hint = f"Write {', '.join(DAYS)}, or a span such as mon-fri."
        file.error(key, f"'{key.text}' is no day of the week", hint)
        return range(0)
    if DAYS.index(first) > DAYS.index(last):
        file.error(key, f"'{key.text}' runs backwards: a week begins on mon", "Write two lines.")
    return range(DAYS.index(first), DAYS.index(last) + 1)


def _spans(node: Node, file: FileReader) -> tuple[Span, ...]:
    spans: list[Span] = []
    for scalar in file.scalars(node, "a working day"):
        start, _, end = scalar.text.partition("-")
        opens, closes = clock(start.strip()), clock(end.strip())
        if opens is None or closes is None:
            file.error(scalar, f"'{scalar.text}' is no span of hours", _FORM)
        elif opens >= closes:
            hint = "Write the earlier time first; work past midnight is two days."
            file.error(scalar, f"'{scalar.text}' ends before it starts", hint)
        elif spans and opens < spans[-1][1]:
            earlier = f"{spans[-1][0]:%H:%M}-{spans[-1][1]:%H:%M}"
            hint = "Write the spans of a day in order, without overlap."
            file.error(scalar, f"'{scalar.text}' overlaps or precedes '{earlier}'", hint)
        else:
            spans.append((opens, closes))
    return tuple(spans)
