"""The part of the document about points, grades and segments."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from router.policy.rules.conditions import Between
from router.policy.rules.policy import Policy
from router.policy.rules.scoring import HalfLife, PointsTable, Scorecard
from router.rulefiles.document.blocks import Block, Grid, Heading, Paragraph
from router.rulefiles.document.conditions import ConditionDescriber
from router.rulefiles.document.phrases import percent, say, span_in_words
from router.rulefiles.scoring.grades import grades_of


class PointsDescriber(Struct, frozen=True):
    """Describes how leads earn points, and how points make grades and segments."""

    policy: Policy
    conditions: ConditionDescriber

    def points(self) -> Iterator[Block]:
        """Both scorecards, table by table."""
        yield Heading(2, self._say("scoring"))
        yield Paragraph(self._say("first_line"))
        for name, card in (("fit", self.policy.scoring.fit), ("engagement", self.policy.scoring.engagement)):
            yield Heading(3, self._say(name, maximum=card.maximum))
            if card.use is not None:
                yield Paragraph(self._say("use", fact=self.conditions.fact(card.use)))
                continue
            if card.decay is not None:
                yield Paragraph(self._ageing(card))
            headings = tuple(self._say(name) for name in ("fact", "value", "points"))
            yield Grid(headings, tuple(row for table in card.tables for row in self._rows(table)))

    def grades(self) -> Iterator[Block]:
        """The grid of grades, and the segments."""
        grid = self.policy.scoring.grade
        yield Heading(2, self._say("grades"))
        yield Paragraph(self._say("grades_text", best=next(iter(grades_of(grid)), "A1")))
        rows = [(letter, f"{self._range(span)} {self._say('from_fit')}") for letter, span in grid.fit]
        rows += [
            (digit, f"{self._range(span)} {self._say('from_engagement')}") for digit, span in grid.engagement
        ]
        yield Grid((self._say("grade"), self._say("points")), tuple(rows))
        segments = tuple(
            (
                segment.name,
                self._say("otherwise") if segment.when is None else self.conditions.describe(segment.when),
            )
            for segment in self.policy.segments
        )
        yield Grid((self._say("segment"), self._say("who_is_in")), segments)

    def _rows(self, table: PointsTable) -> Iterator[tuple[str, ...]]:
        for line in table.lines:
            if line.matcher is None:
                value = self._say("other")
            else:
                value = self.conditions.value(table.fact, line.matcher, written=line.written)
            yield self.conditions.fact(table.fact), value, f"{line.points:+d}" if line.points else "0"

    def _ageing(self, card: Scorecard) -> str:
        language = self.conditions.language
        if isinstance(card.decay, HalfLife):
            return self._say("half_life", span=span_in_words(card.decay.span, language))
        if card.decay is None:
            return ""
        lost = percent(int(card.decay.by * 10_000), 10_000, language)
        return self._say("steps", by=lost, span=span_in_words(card.decay.every, language))

    def _range(self, span: Between) -> str:
        return self.conditions.value("score", span)

    def _say(self, phrase: str, **words: object) -> str:
        return say(self.conditions.language, phrase, **words)
