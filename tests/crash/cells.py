"""The cells of the fault matrix: HubSpot misbehaves while a process dies or stands still at a call."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from tests.crash.way import Way

MOMENTS: Final = ("before", "after")
ACTIONS: Final = ("kill", "pause")
WRITE_ENDS: Final = ("/update", "/create")

FAULTS_OF_WRITES: Final[Mapping[str, Mapping[str, Any]]] = {
    "refused": {"kind": "503", "next": 2},
    "slow": {"kind": "slow", "seconds": 1.0},
    "answered, not applied": {"kind": "not_applied"},
    "applied, not answered": {"kind": "applied_then_hang", "seconds": 2.0},
    "applied late": {"kind": "slow", "seconds": 4.0},
    "twice": {"kind": "twice", "seconds": 0.2},
}
"""Seconds are for deadlines at a tenth: a call ends after 1.5 s, a doubt after 9 s."""

FAULTS_OF_READS: Final[Mapping[str, Mapping[str, Any]]] = {
    "refused": {"kind": "503", "next": 2},
    "slow": {"kind": "slow", "seconds": 1.0},
    "answered, not applied": {"kind": "missing"},
    "applied, not answered": {"kind": "hang", "seconds": 2.0},
}
"""Reading late or twice changes nothing, so those faults strike writes alone."""

Pair = tuple[object, object]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the fault of an operation of the portal, and what is done to the role at its call."""

    fault: str
    operation: str
    role: str
    call: str
    moment: str
    action: str

    @property
    def name(self) -> str:
        """The cell in a line, with which it can be run alone."""
        return f"{self.operation} {self.fault} / {self.role} {self.action} {self.moment} {self.call}"

    @property
    def fault_of_portal(self) -> Mapping[str, Any]:
        """The fault as the sandbox takes it."""
        faults = FAULTS_OF_WRITES if self.operation.endswith(WRITE_ENDS) else FAULTS_OF_READS
        return {"on": self.operation, "next": 1, **faults[self.fault]}

    def pairs(self) -> set[Pair]:
        """Every two values that meet in this cell."""
        values = (
            ("fault", self.fault),
            ("role", self.role),
            ("moment", self.moment),
            ("action", self.action),
        )
        return set(combinations([*values, ("operation", self.operation), ("call", self.call)], 2))


def all_cells(way: Way) -> list[Cell]:
    """Every fault with every call of every role; each call meets both moments and both actions, too."""
    writes = [one for one in way.operations if one.endswith(WRITE_ENDS)]
    reads = [one for one in way.operations if one not in writes]
    cells = []
    for number, (role, call) in enumerate(way.calls):
        for turn, fault in enumerate(FAULTS_OF_WRITES):
            # A write is what can go wrong for good: reads take each third turn.
            reading = fault in FAULTS_OF_READS and (number + turn) % 3 == 0
            operations = reads if reading else writes
            moment = MOMENTS[(number + turn) % 2]
            action = ACTIONS[(number // 2 + turn // 2) % 2]
            operation = operations[(number // 3 + turn) % len(operations)]
            cells.append(Cell(fault, operation, role, call, moment, action))
    return cells


def seeded_cells(way: Way, *, seed: int, count: int) -> list[Cell]:
    """So many cells of all, the same for the same seed, chosen to bring different values together."""
    waiting = all_cells(way)
    random.Random(seed).shuffle(waiting)
    chosen: list[Cell] = []
    met: set[Pair] = set()
    while waiting and len(chosen) < count:
        best = max(waiting, key=lambda cell: (len(cell.pairs() - met), -waiting.index(cell)))
        waiting.remove(best)
        chosen.append(best)
        met |= best.pairs()
    return chosen


def named(cells: Sequence[Cell], name: str) -> Cell:
    """The cell with this name. Raises LookupError with what to do."""
    for cell in cells:
        if cell.name == name:
            return cell
    raise LookupError(f"There is no cell '{name}' any more; a whole run lists all names.")
