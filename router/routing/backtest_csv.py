"""Which leads does an export of HubSpot contacts hold, column by column?"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from router.policy.catalog import COMPANY_PREFIX, Catalog, FactType, Property
from router.policy.derived import DERIVED
from router.policy.facts import facts_of, sources_of
from router.policy.lead import Lead, Value
from router.policy.reading import READERS, moment_in
from router.policy.replay_columns import EPOCH, Cell, CellReader, Chunk, each_once, instant

CHUNK: Final = 25_000
"""Leads looked at together; more save little and cost memory."""
ARRIVED: Final = "createdate"
ID: Final = "hs_object_id"
_IDS: Final = frozenset({"record id", "hs_object_id", "id", "vid", "contact id"})
_CREATED: Final = frozenset({"create date", "createdate", "created at"})
_OF_EMAIL: Final = frozenset({"email_domain", "email_kind"})


class LeadsUnreadable(Exception):  # noqa: N818 - it reads as the sentence that it is
    """The file of leads cannot be replayed; the message names it, the place and the way out."""


@dataclass(frozen=True, slots=True)
class CsvLeads:
    """An export: its columns by the property they hold (`company.x` for a company's), and the others."""

    path: Path
    delimiter: str
    width: int
    columns: Mapping[str, int]
    unknown: tuple[str, ...]
    labels: Mapping[str, Mapping[str, str]]
    """By property: the value of an option by its label, for exports that write labels."""

    def tells(self, fact: str) -> bool:
        """Whether some column tells the fact."""
        return fact == "age" or any(name in self.columns for name in _properties(fact))

    def chunks(self, facts: Sequence[str], *, wanted: Callable[[int], bool]) -> Iterator[Chunk]:
        """The leads in blocks, with cells of these facts; of block 0, 1, … only those that are wanted.

        Raises LeadsUnreadable for a row that does not fit the header, and for bytes that are not UTF-8.
        """
        told = [fact for fact in facts if self.tells(fact)]
        arrivals: dict[Cell, int | None] = {}
        with _opened(self.path) as file:
            rows = csv.reader(file, delimiter=self.delimiter)
            for number, block in enumerate(_blocks(rows, path=self.path, width=self.width)):
                if not wanted(number):
                    continue
                columns: list[Sequence[str]] = list(zip(*block, strict=True))
                arrived = _arrivals(columns[self.columns[ARRIVED]], arrivals)
                if None in arrived:
                    kept = [row for row, at in enumerate(arrived) if at is not None]
                    columns = [[column[row] for row in kept] for column in columns]
                known = [at for at in arrived if at is not None]
                yield Chunk(
                    arrived=known,
                    cells=self._cells(told, columns),
                    ids=columns[self.columns[ID]] if ID in self.columns else (),
                    left_out=len(arrived) - len(known),
                )

    def reader(self, types: Mapping[str, str]) -> CellReader:
        """How cells are read as facts of these types (fact → FactType)."""
        return _Reader(self, types)

    def _cells(self, facts: Iterable[str], columns: Sequence[Sequence[str]]) -> dict[str, Sequence[Cell]]:
        cells: dict[str, Sequence[Cell]] = {}
        emails = None
        for fact in facts:
            if fact == "age":
                cells[fact] = [""] * len(columns[0])
            elif fact in _OF_EMAIL:
                emails = emails or _ends_of_emails(columns[self.columns["email"]])
                cells[fact] = emails
            else:
                sources = [columns[self.columns[name]] for name in _properties(fact) if name in self.columns]
                cells[fact] = sources[0] if len(sources) == 1 else list(zip(*sources, strict=True))
        return cells


def open_csv(path: Path, catalog: Catalog) -> CsvLeads:
    """The export with its columns sorted out. Raises LeadsUnreadable, or OSError."""
    with _opened(path) as file:
        try:
            first = file.readline()
        except UnicodeDecodeError as error:
            raise _no_utf8(path, error) from error
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
    if ARRIVED not in columns:
        raise LeadsUnreadable(
            f"{path} has no column '{ARRIVED}', so nobody knows when its leads came. "
            "Export it along with the others."
        )
    return CsvLeads(
        path=path,
        delimiter=delimiter,
        width=len(header),
        columns=columns,
        unknown=tuple(unknown),
        labels={name: _labels(found) for name in columns if (found := catalog.property(name)) is not None},
    )


class _Reader:
    """Reads cells of an export as the facts that rules see, exactly as a lead's are read online."""

    def __init__(self, leads: CsvLeads, types: Mapping[str, str]) -> None:
        self._columns = leads.columns
        self._labels = leads.labels
        self._types = types

    def __call__(self, fact: str, cell: Cell) -> Value | None:
        if fact not in DERIVED and isinstance(cell, str):
            text = self._unlabelled(fact, cell)
            return READERS[self._types[fact]](text) if text else None
        names = [name for name in _properties(fact) if name in self._columns]
        texts = dict(zip(names, cell if isinstance(cell, tuple) else (cell,), strict=True))
        if fact == "age":
            texts = {ARRIVED: EPOCH.isoformat()}  # a lead is judged when it is created
        texts = {name: self._unlabelled(name, text) for name, text in texts.items()}
        company = {
            name.removeprefix(COMPANY_PREFIX): text
            for name, text in texts.items()
            if name.startswith(COMPANY_PREFIX)
        }
        return facts_of(Lead("", texts, company), types={fact: self._types[fact]}, now=EPOCH).get(fact)

    def _unlabelled(self, name: str, text: str) -> str:
        labels = self._labels.get(name)
        if not labels:
            return text
        return ";".join(labels.get(part.strip(), part) for part in text.split(";"))


def _properties(fact: str) -> list[str]:
    of_contact, of_company = sources_of(fact)
    return [*of_contact, *(f"{COMPANY_PREFIX}{name}" for name in of_company)]


def _properties_by_heading(catalog: Catalog) -> dict[str, str]:
    """The property of each heading, folded: its name, or its label where no other has the same."""
    found: dict[str, str] = {}
    for prefix, properties in (("", catalog.contact), (COMPANY_PREFIX, catalog.company)):
        counts = Counter(one.label.casefold() for one in properties.values())
        found |= {
            f"{prefix}{one.label.casefold()}": f"{prefix}{name}"
            for name, one in properties.items()
            if counts[one.label.casefold()] == 1
        }
    found |= dict.fromkeys(_CREATED, ARRIVED)
    found |= dict.fromkeys(_IDS, ID)
    for prefix, properties in (("", catalog.contact), (COMPANY_PREFIX, catalog.company)):
        found |= {f"{prefix}{name.casefold()}": f"{prefix}{name}" for name in properties}
    # Not every portal's catalog lists what its rules only read.
    return found | {f"{COMPANY_PREFIX}hubspot_owner_id": f"{COMPANY_PREFIX}hubspot_owner_id"}


def _labels(found: Property) -> dict[str, str]:
    if found.type not in (FactType.CHOICE, FactType.CHOICES):
        return {}
    values = {option.value for option in found.options}
    return {option.label: option.value for option in found.options if option.label not in values}


def _arrivals(texts: Sequence[str], known: dict[Cell, int | None]) -> list[int | None]:
    def at(row: int) -> int | None:
        moment = moment_in(texts[row])
        return None if moment is None else instant(moment)

    return each_once(texts, known, at)


def _ends_of_emails(texts: Sequence[str]) -> list[str]:
    """The addresses with all that rules can see of them, which many share: a name, and the domain."""
    return [
        f"x{text[at:]}" if (at := text.rfind("@")) > 0 and not text[at - 1].isspace() else text
        for text in texts
    ]


def _blocks(rows: Iterator[list[str]], *, path: Path, width: int) -> Iterator[list[list[str]]]:
    line = 1
    try:
        next(rows, None)
        while block := list(islice(rows, CHUNK)):
            if not all(map(width.__eq__, map(len, block))):
                for number, row in enumerate(block, line + 1):
                    if row and len(row) != width:
                        raise LeadsUnreadable(
                            f"{path}, row {number} has {len(row)} cells and the header {width}. "
                            "Export it again."
                        )
                block = [row for row in block if row]
            line += len(block)
            if block:
                yield block
    except UnicodeDecodeError as error:
        raise _no_utf8(path, error) from error
    except csv.Error as error:
        raise LeadsUnreadable(f"{path} is no CSV file: {error}. Export it again.") from error


def _opened(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _no_utf8(path: Path, error: UnicodeDecodeError) -> LeadsUnreadable:
    return LeadsUnreadable(
        f"{path} is not UTF-8 text ({error.reason}). Save it as CSV UTF-8, or export it again from HubSpot."
    )
