"""The leads of a CSV export of HubSpot contacts, in blocks, column by column."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from router.hubspot.properties import COMPANY_OWNER, CREATED, OBJECT_ID
from router.policy.backtest.judging.columns import MISSING, REMEMBERED, Cell, CellReader, Chunk, instant
from router.policy.leads.catalog import COMPANY_PREFIX, Catalog, FactType, Property
from router.policy.leads.derived import DERIVE, DERIVED
from router.policy.leads.lead import Lead, Value
from router.policy.leads.parsing import READERS, moment_in, text_in
from router.policy.rules.affinity import PREVIOUS_OWNER
from router.policy.rules.facts import sources_of
from router.routing.backtest.csv_rows import LeadsUnreadable, Shape, blocks, columns_of, text_of
from router.routing.backtest.timestamps import Moments
from router.security.visible import one_line

_IDS: Final = frozenset({"record id", OBJECT_ID, "id", "vid", "contact id"})
_CREATED: Final = frozenset({"create date", CREATED, "created at"})
_BOM: Final = "\ufeff"
_END_OF_EMAIL: Final = "end of email"
_OF_EMAIL: Final = frozenset({"email_domain", "email_kind"})


class CsvLeads(Struct, frozen=True):
    """One export: its columns by property (`company.x` for a company's), and unknown headings."""

    shape: Shape
    begins: int
    """The byte at which the rows begin."""
    columns: Mapping[str, int]
    unknown: tuple[str, ...]
    labels: Mapping[str, Mapping[str, str]]
    """By property: the value of each option by its label, for exports that write labels."""
    since: int | None = None
    """Leads before this instant (µs since 1970) are left out."""

    def has_fact(self, fact: str) -> bool:
        """True if some column gives the fact."""
        return fact == "age" or any(name in self.columns for name in _properties(fact))

    def chunks(
        self, types: Mapping[str, str], *, wanted: Callable[[int], bool]
    ) -> Iterator[tuple[int, Chunk]]:
        """The leads in numbered blocks, with cells of these facts (fact → FactType).

        Blocks are numbered 0, 1, …; only those `wanted` are read. Raises LeadsUnreadable for a row that does
        not fit the header, and for bytes that are not UTF-8.
        """
        given = [fact for fact in types if self.has_fact(fact)]
        dated = [fact for fact in given if types[fact] == FactType.DATETIME]
        moments = Moments()
        with self.shape.path.open("rb") as file:
            file.seek(self.begins)
            for number, block in enumerate(blocks(file)):
                columns = columns_of(self.shape, block) if wanted(number) else []
                if not columns:
                    continue
                arrived = moments.of(columns[self.columns[CREATED]])
                left_out = int((arrived == MISSING).sum())
                if left_out or self.since is not None:
                    since = MISSING + 1 if self.since is None else self.since
                    kept = np.flatnonzero(arrived >= since)
                    columns = [[column[row] for row in kept.tolist()] for column in columns]
                    arrived = arrived[kept]
                cells = self._cells(given, columns)
                yield (
                    number,
                    Chunk(
                        arrived=arrived,
                        cells=cells,
                        instants={fact: moments.of(columns[self.columns[fact]]) for fact in dated},
                        ids=self._ids(columns),
                        left_out=left_out,
                    ),
                )

    def _ids(self, columns: Sequence[Sequence[str]]) -> Sequence[str]:
        if OBJECT_ID not in self.columns:
            return ()
        ids = columns[self.columns[OBJECT_ID]]
        wrong = next((one for one in ids if one and not (one.isascii() and one.isdecimal())), None)
        if wrong is not None:
            raise LeadsUnreadable(
                f"{self.shape.path} has a Record ID that is no number: '{one_line(wrong[:40])}'. "
                "Export it again."
            )
        return ids

    def reader(self, types: Mapping[str, str]) -> CellReader:
        """The reader of cells as facts of these types (fact → FactType)."""
        return _CellReader(self, types)

    def sources(self, types: Mapping[str, str]) -> dict[str, Sequence[str]]:
        """By fact: the columns that it is read from, where those are not its own."""
        return {fact: self._columns_of(fact) for fact in types if fact in DERIVED and self.has_fact(fact)}

    def _columns_of(self, fact: str) -> Sequence[str]:
        if fact == "age":
            return ("age",)
        if fact in _OF_EMAIL:
            return (_END_OF_EMAIL,)
        return [name for name in _properties(fact) if name in self.columns]

    def _cells(self, facts: Iterable[str], columns: Sequence[Sequence[str]]) -> dict[str, Sequence[Cell]]:
        cells: dict[str, Sequence[Cell]] = {}
        for name in {name for fact in facts for name in self._columns_of(fact)}:
            if name == "age":
                cells[name] = [""] * len(columns[0])
            elif name == _END_OF_EMAIL:
                cells[name] = _ends_of_emails(columns[self.columns["email"]])
            else:
                cells[name] = columns[self.columns[name]]
        return cells


def open_csv(path: Path, catalog: Catalog, *, since: datetime | None = None) -> CsvLeads:
    """Open the export and find its columns; leads before `since` (aware) are left out.

    Raises LeadsUnreadable, and OSError.
    """
    with path.open("rb") as file:
        # In a file with the line breaks of old Macs, this reads the whole file.
        raw = file.readline()
    first = io.StringIO(text_of(raw, path=path), newline="").readline()
    begins = len(first.encode())
    first = first.removeprefix(_BOM)
    if not first.strip():
        raise LeadsUnreadable(f"{path} is empty. Export contacts from HubSpot as CSV, all columns.")
    delimiter = max(",;\t", key=first.count)
    header = next(csv.reader([first], delimiter=delimiter))
    properties = _properties_by_heading(catalog)
    columns: dict[str, int] = {}
    unknown = []
    for place, heading in enumerate(header):
        name = properties.get(heading.strip().casefold(), "")
        if name and name not in columns:
            columns[name] = place
        else:
            unknown.append(heading.strip() or f"column {place + 1}")
    if CREATED not in columns:
        raise LeadsUnreadable(
            f"{path} has no column '{CREATED}', so nobody knows when its leads came. "
            "Export it along with the others."
        )
    return CsvLeads(
        shape=Shape(path, delimiter, len(header)),
        begins=begins,
        columns=columns,
        unknown=tuple(unknown),
        labels={
            PREVIOUS_OWNER: {owner.email: owner.id for owner in catalog.owners},
            **{name: _labels(found) for name in columns if (found := catalog.property(name)) is not None},
        },
        since=None if since is None else instant(since),
    )


class _CellReader:
    """Reads cells of an export as facts, exactly as the live router reads a lead."""

    def __init__(self, leads: CsvLeads, types: Mapping[str, str]) -> None:
        self._labels = leads.labels
        self._names = {fact: [name for name in _properties(fact) if name in leads.columns] for fact in types}
        self._readers = {fact: READERS[found] for fact, found in types.items() if fact not in DERIVED}
        self._moments = {fact for fact, found in types.items() if found == FactType.DATETIME}

    def __call__(self, fact: str, cell: Cell) -> Value | None:
        if fact == "age":
            return timedelta(0)  # a lead is judged when it is created
        if fact in self._moments and isinstance(cell, str):
            return _moment(cell)
        names = self._names[fact]
        texts = dict(zip(names, cell if isinstance(cell, tuple) else (cell,), strict=False))
        for name in names:
            if self._labels.get(name):
                texts[name] = _unlabelled(self._labels[name], texts[name])
        if fact in self._readers:
            return self._readers[fact](texts[fact]) if texts[fact] else None
        if fact == PREVIOUS_OWNER:
            return text_in(texts[fact])
        if names[0].startswith(COMPANY_PREFIX):
            return DERIVE[fact](Lead("", {}, {names[0].removeprefix(COMPANY_PREFIX): texts[names[0]]}))
        return DERIVE[fact](Lead("", texts))


def _unlabelled(labels: Mapping[str, str], text: str) -> str:
    return ";".join(labels.get(part.strip(), part) for part in text.split(";"))


def _properties(fact: str) -> list[str]:
    if fact == PREVIOUS_OWNER:
        return [PREVIOUS_OWNER]
    of_contact, of_company = sources_of(fact)
    return [*of_contact, *(f"{COMPANY_PREFIX}{name}" for name in of_company)]


def _properties_by_heading(catalog: Catalog) -> dict[str, str]:
    """The property of each heading (folded): by its name, or by its label where that is unique.

    HubSpot exports no previous owner; a column of that name gives it by id or e-mail address.
    """
    found: dict[str, str] = {PREVIOUS_OWNER: PREVIOUS_OWNER}
    for prefix, properties in (("", catalog.contact), (COMPANY_PREFIX, catalog.company)):
        counts = Counter(one.label.casefold() for one in properties.values())
        found |= {
            f"{prefix}{one.label.casefold()}": f"{prefix}{name}"
            for name, one in properties.items()
            if counts[one.label.casefold()] == 1
        }
    found |= dict.fromkeys(_CREATED, CREATED)
    found |= dict.fromkeys(_IDS, OBJECT_ID)
    for prefix, properties in (("", catalog.contact), (COMPANY_PREFIX, catalog.company)):
        found |= {f"{prefix}{name.casefold()}": f"{prefix}{name}" for name in properties}
    # The catalog of a portal may lack properties that its rules only read.
    return found | {COMPANY_OWNER: COMPANY_OWNER}


def _labels(found: Property) -> dict[str, str]:
    if found.type not in (FactType.CHOICE, FactType.CHOICES):
        return {}
    values = {option.value for option in found.options}
    return {option.label: option.value for option in found.options if option.label not in values}


@lru_cache(maxsize=REMEMBERED)
def _moment(text: str) -> datetime | None:
    """Cached, because exports give moments to the minute and many rows share one."""
    return moment_in(text)


def _ends_of_emails(texts: Sequence[str]) -> list[str]:
    """The addresses reduced to what rules can see, which many share: a name, and the domain."""
    return [
        f"x{text[at:]}" if (at := text.rfind("@")) > 0 and not text[at - 1].isspace() else text
        for text in texts
    ]
