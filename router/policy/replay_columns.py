"""How are many leads looked at column by column, each different value once?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias, TypeVar

from router.policy.conditions import moment_of
from router.policy.lead import Value

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
REMEMBERED: Final = 500_000
"""Different cells of a column that are kept; moments have no end."""

Cell: TypeAlias = Hashable
"""What a fact is read from: the same cell always means the same value."""
CellReader: TypeAlias = Callable[[str, Cell], Value | None]
"""(fact, cell) → the value, or None if the fact is missing."""
V = TypeVar("V")


def instant(moment: datetime) -> int:
    """The moment (aware) in whole microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment_at(instant_us: int) -> datetime:
    """The aware UTC moment of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=instant_us)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some thousand leads. `arrived` has each one's own `now` (µs since 1970), `cells` a column per fact.

    A fact without a column is missing from every lead.
    """

    arrived: Sequence[int]
    cells: Mapping[str, Sequence[Cell]]
    read: CellReader

    def value(self, fact: str, row: int) -> Value | None:
        """The fact's value for the lead of that row."""
        cells = self.cells.get(fact)
        return None if cells is None else self.read(fact, cells[row])

    def facts(self, row: int, names: Sequence[str]) -> dict[str, Value]:
        """The facts of these names that the lead of that row has."""
        found = ((name, self.value(name, row)) for name in names)
        return {name: value for name, value in found if value is not None}

    def now(self, row: int) -> datetime:
        """When the lead of that row arrived."""
        return moment_at(self.arrived[row])


def each_once(keys: Sequence[Cell], known: dict[Cell, V], work_out: Callable[[int], V]) -> list[V]:
    """What each key stands for; `work_out` is asked once per new key, with a row that has it."""
    new = set(keys).difference(known)
    if new:
        if len(known) + len(new) > REMEMBERED:
            known.clear()
            new = set(keys)
        rows = {key: row for row, key in enumerate(keys) if key in new}
        for key, row in rows.items():
            known[key] = work_out(row)
    return list(map(known.__getitem__, keys))


class AgeClasses:
    """Sorts the moments of one fact into classes of age that no question and no decay tells apart.

    `bounds` are ages in microseconds, the last of each class; class 0 holds missing moments.
    """

    __slots__ = ("_bounds", "_fact", "_instants")

    def __init__(self, fact: str, bounds: set[int]) -> None:
        self._fact = fact
        self._bounds = sorted(bounds)
        self._instants: dict[Cell, int | None] = {}

    def of(self, chunk: Chunk) -> list[int]:
        """The class of each lead's moment."""
        cells = chunk.cells.get(self._fact)
        if cells is None:
            return [0] * len(chunk.arrived)
        instants = each_once(cells, self._instants, lambda row: self._instant(chunk, row))
        bounds = self._bounds
        return [
            0 if since is None else bisect_left(bounds, now - since) + 1
            for now, since in zip(chunk.arrived, instants, strict=True)
        ]

    def _instant(self, chunk: Chunk, row: int) -> int | None:
        moment = moment_of(chunk.value(self._fact, row))
        return None if moment is None else instant(moment)
