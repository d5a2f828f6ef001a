"""Reader of a `table:` with its `rows:`, which stands for one rule per row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from router.policy.rules.conditions import AllOf, Condition
from router.rulefiles.words.conditions import ConditionReader, both
from router.rulefiles.words.vocabulary import Fact
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Map, Node, Scalar, Seq, YamlEntry, as_written

ARROW: Final = "->"
NAME: Final = "name"
ANY: Final = "any"
ASSIGNED: Final = ("team", "rep", "to", "method", "push_after")
OUTCOMES: Final = (*ASSIGNED, "sla", "status", NAME)


class Row(Struct, frozen=True):
    """One row as a rule: its name, its condition, and its right side as the keys of a rule."""

    name: Scalar
    when: Condition | None
    fields: Mapping[str, YamlEntry]


class _Header(Struct, frozen=True):
    """The columns: facts left of the arrow (None where the name is a mistake), keys right of it."""

    facts: tuple[Fact | None, ...]
    outcomes: tuple[Scalar, ...]

    @property
    def width(self) -> int:
        return len(self.facts) + 1 + len(self.outcomes)


class TableReader(Struct, frozen=True):
    """Reads tables; a cell `any` on the left accepts any value."""

    file: FileReader
    conditions: ConditionReader

    def rows(self, node: Node) -> tuple[Row, ...]:
        """The rows, in order; a row of the wrong length is reported and left out."""
        fields = self.file.fields(node, "a table", known=("table", "rows"))
        if not fields or "rows" not in fields:
            self.file.error(node, "the table has no 'rows'", "Add 'rows:' below 'table:'.")
            return ()
        header = self._header(fields["table"].value)
        if header is None:
            return ()
        found = (self._row(header, line) for line in self.file.elements(fields["rows"].value, "'rows'"))
        return tuple(row for row in found if row is not None)

    def _header(self, node: Node) -> _Header | None:
        cells = self.file.scalars(node, "a table's header")
        arrows = [place for place, cell in enumerate(cells) if cell.text == ARROW]
        if len(arrows) != 1:
            hint = f'Write [property, …, "{ARROW}", team, …].'
            self.file.error(node, f"a table's header has one '{ARROW}'", hint)
            return None
        left, right = cells[: arrows[0]], cells[arrows[0] + 1 :]
        texts = [cell.text for cell in cells]
        for place, cell in enumerate(cells):
            if cell.text in texts[:place]:
                self.file.error(cell, f"the column '{cell.text}' stands here twice", "Remove one of the two.")
        message, hint = f"'{{}}' cannot stand right of '{ARROW}'", f"There can stand: {', '.join(OUTCOMES)}."
        if None in [self.file.named(cell, OUTCOMES, message, hint) for cell in right]:
            return None
        return _Header(tuple(self.conditions.words.fact(cell, self.file) for cell in left), right)

    def _row(self, header: _Header, line: Node) -> Row | None:
        cells = line.elements if isinstance(line, Seq) else ()
        width, split = header.width, len(header.facts)
        arrow = cells[split] if len(cells) == width else None
        if not isinstance(arrow, Scalar) or arrow.text != ARROW:
            hint = f"Write '{f'{ANY}, ' * split}{ARROW}' and what follows; '{ANY}' stands for any value."
            self.file.error(line, f"the row does not fit its header of {width} columns", hint)
            return None
        asked = [
            (fact, cell)
            for fact, cell in zip(header.facts, cells[:split], strict=True)
            if not (isinstance(cell, Scalar) and cell.text == ANY and not cell.quoted)
        ]
        parts = [self.conditions.about(fact, cell) if fact else None for fact, cell in asked]
        fields = _as_fields(header.outcomes, cells[split + 1 :], line)
        name = " · ".join(as_written(cell).removeprefix("$") for _, cell in asked) or ANY
        named = fields.get(NAME)
        written = self.file.scalar(named.value, "'name'") if named else None
        return Row(
            written or Scalar(name, line.line, line.column), both(parts) if parts else AllOf(()), fields
        )


def _as_fields(keys: tuple[Scalar, ...], cells: tuple[Node, ...], line: Node) -> Mapping[str, YamlEntry]:
    """The right side as a rule would write it: team, rep and method inside `assign`."""
    entries = tuple(YamlEntry(key, cell) for key, cell in zip(keys, cells, strict=True))
    assigned = tuple(entry for entry in entries if entry.key.text in ASSIGNED)
    fields = {entry.key.text: entry for entry in entries if entry.key.text not in ASSIGNED}
    assign = Map(assigned, line.line, line.column)
    return {**fields, "assign": YamlEntry(Scalar("assign", line.line, line.column), assign)}
