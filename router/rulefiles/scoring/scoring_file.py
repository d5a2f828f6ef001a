"""Reader of `scoring.yaml`: points and grades."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from msgspec import Struct

from router.policy.leads.catalog import FactType
from router.policy.rules.conditions import OneOf
from router.policy.rules.scoring import (
    GradeGrid,
    HalfLife,
    PointsLine,
    PointsTable,
    Scorecard,
    Scoring,
    Steps,
)
from router.rulefiles.scoring.grades import read_grid
from router.rulefiles.scoring.points_overlap import note_overlaps
from router.rulefiles.words.matchers import MatcherReader, merged
from router.rulefiles.words.vocabulary import Fact, Vocabulary
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import SPAN_FORMS, part, span, whole, within
from router.rulefiles.yaml.tree import Map, Node, Scalar, YamlEntry, as_written

CIRCULAR: Final = {
    name: f"'{name}' comes out of the points, so points cannot depend on it: use properties"
    for name in ("fit", "engagement", "score", "grade", "segment")
}
REQUIRED: Final = {
    "fit": "Add 'fit:' with points for who a lead is.",
    "engagement": "Add 'engagement:' with points for what a lead does.",
    "grade": "Add 'grade:' with the ranges of A1 to C3.",
}
CARD_KEYS: Final = ("max", "decay", "points", "use")
NEEDS_POINTS: Final = {
    "points": "Add 'points:' with a table for each property, or 'use:' with a score of HubSpot's."
}
HIGHEST_MAXIMUM: Final = 1000
_A_MINUTE: Final = timedelta(minutes=1)
_NO_POINTS: Final = Scorecard(0, ())
_NO_GRADES: Final = GradeGrid((), ())


def read_scoring(root: Node, file: FileReader, words: Vocabulary) -> Scoring:
    """The scoring; it may be used only if `file` holds no error."""
    fields = file.fields(root, "scoring.yaml", known=tuple(REQUIRED), required=REQUIRED) or {}
    reader = ScorecardReader(file, words)
    fit, engagement = (
        reader.card(fields[name]) if name in fields else _NO_POINTS for name in ("fit", "engagement")
    )
    if "grade" not in fields:
        return Scoring(fit, engagement, _NO_GRADES)
    return Scoring(fit, engagement, read_grid(fields["grade"].value, file, fit=fit, engagement=engagement))


class ScorecardReader(Struct, frozen=True):
    """Reads the scorecards `fit` and `engagement`."""

    file: FileReader
    words: Vocabulary

    def card(self, entry: YamlEntry) -> Scorecard:
        """The scorecard; a part with a mistake is reported and left out."""
        name = entry.key.text
        uses = isinstance(entry.value, Map) and any(line.key.text == "use" for line in entry.value.entries)
        required = {} if uses else NEEDS_POINTS
        fields = self.file.fields(entry.value, f"'{name}'", known=CARD_KEYS, required=required) or {}
        if "use" in fields:
            return self._used(name, fields)
        tables = (
            self.file.entries(fields["points"].value, f"the points of '{name}'")
            if fields.get("points")
            else ()
        )
        found = (self._table(table) for table in tables)
        return Scorecard(
            maximum=self._maximum(fields.get("max")),
            tables=tuple(table for table in found if table is not None),
            decay=self._decay(fields["decay"].value) if "decay" in fields else None,
        )

    def _used(self, name: str, fields: Mapping[str, YamlEntry]) -> Scorecard:
        """The card that takes its points from a number property, such as a score built in HubSpot."""
        for key in ("points", "decay"):
            if key in fields:
                message = f"'{name}' has 'use' and '{key}': the score that HubSpot computed is taken as it is"
                self.file.error(fields[key].key, message, f"Remove '{key}' or 'use'.")
        maximum = self._maximum(fields.get("max"))
        written = self.file.scalar(fields["use"].value, "'use'")
        fact = self.words.fact(written, self.file) if written else None
        if written and fact and fact.type is not FactType.NUMBER:
            hint = "Name a number property, such as a score built in HubSpot."
            self.file.error(written, f"{fact} is a {fact.type}, which is no score", hint)
        return Scorecard(maximum, (), use=fact.name if fact else None)

    def _maximum(self, entry: YamlEntry | None) -> int:
        message = f"'max' is a whole number from 1 to {HIGHEST_MAXIMUM}, not '{{}}'"
        return self.file.value(entry, within(1, HIGHEST_MAXIMUM, whole), message, "Write 100.") or 100

    def _decay(self, node: Node) -> HalfLife | Steps | None:
        fields = self.file.fields(node, "'decay'", known=("half_life", "every", "by"))
        if fields is None:
            return None
        if set(fields) == {"half_life"}:
            halves_in = self._span(fields["half_life"])
            return HalfLife(halves_in) if halves_in else None
        if set(fields) == {"every", "by"}:
            every = self._span(fields["every"])
            by = self.file.value(
                fields["by"], part, "'by' is a share from 1% to 100%, not '{}'", "Write 50%."
            )
            return Steps(every, by) if every and by else None
        hint = "Write {half_life: 14d}, or {every: 1 month, by: 50%}."
        self.file.error(node, "'decay' is a half-life, or steps with 'every' and 'by'", hint)
        return None

    def _span(self, entry: YamlEntry) -> timedelta | None:
        message = f"'{entry.key.text}' is a duration above zero, not '{{}}'"
        return self.file.value(entry, within(_A_MINUTE, None, span), message, f"Write {SPAN_FORMS}.")

    def _table(self, entry: YamlEntry) -> PointsTable | None:
        fact = self.words.fact(entry.key, self.file)
        if fact is None:
            return None
        lines: list[PointsLine] = []
        places: list[Scalar] = []
        taken: dict[object, Scalar] = {}
        other: Scalar | None = None
        for line in self.file.entries(entry.value, f"the points of {fact}"):
            if other is not None:
                hint = "Move 'other' to the end."
                self.file.error(
                    line.key, f"'other' above takes everything that '{line.key.text}' could", hint
                )
            read = self._line(fact, line)
            if read is None:
                continue
            if read.matcher is None:
                other = line.key
            if isinstance(read.matcher, OneOf):
                self._note_taken(line.key, read.matcher, taken)
            lines.append(read)
            places.append(line.key)
        note_overlaps(fact, lines, places, self.file)
        return PointsTable(fact.name, tuple(lines))

    def _note_taken(self, key: Scalar, matcher: OneOf, taken: dict[object, Scalar]) -> None:
        for value in sorted(matcher.values, key=str):
            first = taken.setdefault(value, key)
            if first is not key:
                message = f"'{value}' has its points from line {first.line} already"
                self.file.error(key, message, "The first line that fits gives the points: keep one.")

    def _line(self, fact: Fact, line: YamlEntry) -> PointsLine | None:
        points = self.file.value(
            line,
            within(-HIGHEST_MAXIMUM, HIGHEST_MAXIMUM, whole),
            "'{}' is no whole number of points",
            f"Write 20 or -20; the most is {HIGHEST_MAXIMUM}.",
            what="a line of points",
        )
        key = line.key
        if key.text == "other" and not key.quoted:
            return None if points is None else PointsLine(None, points, "other")
        reader = MatcherReader(fact, self.words, self.file)
        matchers = [reader.matcher(part) for part in _parts(key)]
        found = merged(matcher for matcher in matchers if matcher is not None)
        if points is None or None in matchers:
            return None
        if len(found) > 1:
            self.file.error(key, f"'{key.text}' mixes values with ranges or words", "Give each its own line.")
            return None
        return PointsLine(found[0], points, as_written(key))


def _parts(key: Scalar) -> tuple[Scalar, ...]:
    """The values of `BANKING, INSURANCE`, each at its place; a quoted key or a `contains` is one value."""
    if key.quoted or key.text.startswith("contains "):
        return (key,)
    parts: list[Scalar] = []
    start = 0
    for text in key.text.split(","):
        indent = len(text) - len(text.lstrip())
        parts.append(Scalar(text.strip(), key.line, key.column + start + indent))
        start += len(text) + 1
    return tuple(parts)
