"""Columns of lead facts: chunks of leads, read column by column, each different value once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Final, TypeAlias, TypeVar, cast

import numpy as np
from msgspec import Struct, field

from router.policy.backtest.judging.numbering import ByNumber, Ints, KnownPairs, Once, ints
from router.policy.leads.lead import Value
from router.policy.rules.conditions import moment_of

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
MISSING: Final = -(1 << 62)
"""The instant of a missing moment."""
REMEMBERED: Final = 500_000
"""Largest number of cached cells of a column: the number of different moments is unlimited."""

Cell: TypeAlias = Hashable
"""The raw content from which a fact is read: equal cells always mean equal values."""
CellReader: TypeAlias = Callable[[str, Cell], Value | None]
"""(fact, cell) → the value, or None if the fact is missing."""
T = TypeVar("T")


def instant(moment: datetime) -> int:
    """The moment (aware) in whole microseconds since 1970 UTC."""
    return (moment - EPOCH) // MICROSECOND


def moment_at(instant_us: int) -> datetime:
    """The moment (aware UTC) at `instant_us` microseconds since 1970."""
    return EPOCH + timedelta(microseconds=instant_us)


class Chunk(Struct, frozen=True):
    """Some thousand leads: `arrived` is the `now` of each lead (µs since 1970), `cells` are columns by name.

    A fact without its columns is missing from every lead. `instants` holds, by fact, moments that were read
    in advance (µs since 1970, or MISSING); other moments are read from their cells. `ids` may be empty;
    `left_out` counts leads that were left out because their time of arrival is unknown.
    """

    arrived: Ints
    cells: Mapping[str, Sequence[Cell]]
    instants: Mapping[str, Ints] = field(default_factory=dict)
    ids: Sequence[str] = ()
    left_out: int = 0


class _Cells(dict[Cell, int]):
    """Numbers for the different cells of one column, from 1; `by_number` lists the cells."""

    __slots__ = ("by_number",)

    def __init__(self) -> None:
        super().__init__()
        self.by_number: list[Cell] = [None]

    def __missing__(self, cell: Cell) -> int:
        if len(self) >= REMEMBERED:
            self.clear()
        number = self[cell] = len(self.by_number)
        self.by_number.append(cell)
        return number


class _Values:
    """The values of one fact by number; 0 is the missing value, and a value may have several numbers."""

    __slots__ = ("_cells", "_count", "_fact", "_joined", "_known", "_read", "by_number")

    def __init__(self, fact: str, read: CellReader, cells: Sequence[_Cells]) -> None:
        self._fact = fact
        self._read = read
        self._cells = cells
        # With more than two cells, the first ones are joined to one number.
        self._joined = [KnownPairs() for _ in cells[1:-1]]
        self._count = count()
        self._known = KnownPairs()
        self.by_number: list[Value | None] = [None]

    def numbers(self, numbered: Sequence[Ints]) -> Ints:
        """The numbers of the values, from the numbers of the cells that they are read from."""
        if len(numbered) == 1:
            new = self._cells[0].by_number[len(self.by_number) :]
            self.by_number.extend([self._read(self._fact, cell) for cell in new])
            return numbered[0]
        joined = numbered[0]
        for more, known in zip(numbered[1:-1], self._joined, strict=True):
            joined = known.of(joined, more, lambda _row: next(self._count))
        return self._known.of(
            joined, numbered[-1], lambda row: self._new([int(column[row]) for column in numbered])
        )

    def _new(self, numbers: Sequence[int]) -> int:
        cell = tuple(cells.by_number[number] for cells, number in zip(self._cells, numbers, strict=True))
        self.by_number.append(self._read(self._fact, cell))
        return len(self.by_number) - 1


class Columns:
    """The readers of all chunks: values by number, and moments by age class.

    `sources` are the columns that a fact is read from (with several columns its cell is a tuple); a fact
    without sources is read from the column of its own name. `bounds` are, by fact, the last age (µs) of
    each class; class 0 holds missing moments. For facts of one type (`types`: fact → FactType) equal cells
    mean equal values.
    """

    def __init__(
        self,
        read: CellReader,
        *,
        bounds: Mapping[str, set[int]],
        types: Mapping[str, str],
        sources: Mapping[str, Sequence[str]],
    ) -> None:
        self.read = read
        self._bounds = {fact: np.array(sorted(some), np.int64) for fact, some in bounds.items()}
        self._sources = sources
        self._cells: dict[str, _Cells] = {}
        self._values = Once(self._values_of)
        of_type = {types[fact]: Once(partial(self._instant, fact), most=REMEMBERED) for fact in bounds}
        self._instants = {fact: of_type[types[fact]] for fact in bounds}

    def sources(self, fact: str) -> Sequence[str]:
        """The columns that the fact is read from."""
        return self._sources.get(fact) or (fact,)

    def cells(self, column: str) -> _Cells:
        """The numbered cells of a column."""
        return self._cells.setdefault(column, _Cells())

    def values(self, fact: str) -> _Values:
        """The numbered values of a fact."""
        return self._values[fact]

    def _values_of(self, fact: str) -> _Values:
        return _Values(fact, self.read, [self.cells(column) for column in self.sources(fact)])

    def _instant(self, fact: str, cell: Cell) -> int:
        moment = moment_of(self.read(fact, cell))
        return MISSING if moment is None else instant(moment)

    def age_classes(self, fact: str, chunk: Chunk) -> Ints:
        """The age class of each lead's moment; only for facts with bounds."""
        instants = chunk.instants.get(fact)
        if instants is None:
            cells = chunk.cells.get(fact)
            if cells is None:
                return np.zeros_like(chunk.arrived)
            instants = ints(map(self._instants[fact].__getitem__, cells), len(cells))
        classes = np.searchsorted(self._bounds[fact], chunk.arrived - instants) + 1
        classes[instants == MISSING] = 0
        return classes


class View:
    """One chunk read through the columns; every result is computed once and cached."""

    def __init__(self, columns: Columns, chunk: Chunk) -> None:
        self.chunk = chunk
        self.leads = len(chunk.arrived)
        self._columns = columns
        self._cells = Once(self._numbered)
        self._numbers = Once(self._numbers_of)
        self._ages: Once[str, Ints] = Once(lambda fact: columns.age_classes(fact, chunk))
        self._shared: dict[int, object] = {}

    def once(self, asked_by: object, work_out: Callable[[View], T]) -> T:
        """A result that several judges share, computed at the first request by `asked_by`."""
        found = self._shared.get(id(asked_by))
        if found is None:
            found = self._shared[id(asked_by)] = work_out(self)
        return cast("T", found)

    def has_fact(self, fact: str) -> bool:
        """Whether some lead of the chunk may have the fact."""
        return self._columns.sources(fact)[0] in self.chunk.cells

    def numbers(self, fact: str) -> Ints:
        """The number of each lead's value: equal numbers mean equal values, 0 means missing."""
        return self._numbers[fact]

    def _numbers_of(self, fact: str) -> Ints:
        if not self.has_fact(fact):
            return np.zeros(self.leads, np.int64)
        numbered = [self._cells[column] for column in self._columns.sources(fact)]
        return self._columns.values(fact).numbers(numbered)

    def _numbered(self, column: str) -> Ints:
        number_of = self._columns.cells(column).__getitem__
        return ints(map(number_of, self.chunk.cells[column]), self.leads)

    def ages(self, fact: str) -> Ints:
        """The age class of each lead's moment."""
        return self._ages[fact]

    def value(self, fact: str, row: int) -> Value | None:
        """The value of the lead in that row (None: missing); reading it does not number a whole column."""
        numbers = self._numbers.get(fact)
        if numbers is not None:
            return self._columns.values(fact).by_number[int(numbers[row])]
        if not self.has_fact(fact):
            return None
        cells = [self.chunk.cells[column][row] for column in self._columns.sources(fact)]
        return self._columns.read(fact, cells[0] if len(cells) == 1 else tuple(cells))

    def facts(self, row: int, names: Sequence[str]) -> dict[str, Value]:
        """The facts of the lead in that row, limited to these names; missing facts are absent."""
        found = ((name, self.value(name, row)) for name in names)
        return {name: value for name, value in found if value is not None}

    def now(self, row: int) -> datetime:
        """The time (aware UTC) when the lead in that row arrived."""
        return moment_at(int(self.chunk.arrived[row]))

    def by_value(self, fact: str, meanings: ByNumber) -> Ints:
        """The result in `meanings` for each lead's value of the fact."""
        return meanings.of(self.numbers(fact), self._columns.values(fact).by_number)
