"""The fault matrix: `python -m tests.crash.matrix` runs all cells, a few at a time, and says what held.

--cells 15 --seed 1    so many cells, chosen by the seed
--cell "…"             one cell, by the name that a failure prints
--lanes 3              fleets that run side by side
--json FILE            the totals as JSON
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from tests.crash.cells import Cell, all_cells, named, seeded_cells
from tests.crash.one_cell import SCALE, CellResult, run_cell
from tests.crash.way import Way, way_of_a_lead
from tests.world.fleet import SETTLE, Fleet, a_fleet, a_quiet_fleet

WORKERS = 2
Tell = Callable[[str], None]


@dataclass
class Matrix:
    """The results of a run, in the order in which cells ended."""

    seed: int
    total: int
    results: list[CellResult] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def failed(self) -> list[CellResult]:
        """The cells that did not hold."""
        return [one for one in self.results if not one.held]

    @property
    def unreached(self) -> list[CellResult]:
        """The cells in which the call was not made, or the fault not met, while the leads went through."""
        return [one for one in self.results if not (one.reached and one.fault_met)]

    @property
    def slowest(self) -> CellResult | None:
        """The cell in which a person's choice was covered for the longest time."""
        return max(self.results, key=lambda one: one.longest_covered_s, default=None)

    def as_json(self) -> dict[str, object]:
        """The totals, and what did not hold."""
        return {
            "seed": self.seed,
            "cells": self.total,
            "run": len(self.results),
            "held": len(self.results) - len(self.failed),
            "not_reached": sorted(one.cell.name for one in self.unreached),
            "failed": {one.cell.name: list(one.problems) for one in self.failed},
            "leads": sum(one.leads for one in self.results),
            "human_choices": sum(one.human_choices for one in self.results),
            "lost": sum(len(one.verdict.lost) for one in self.results),
            "two_owners": sum(len(one.verdict.two_owners) for one in self.results),
            "finally_covered": sum(len(one.verdict.overwritten) for one in self.results),
            "longest_giving_back_s": round(self.slowest.longest_covered_s, 1) if self.slowest else 0.0,
            "longest_giving_back_in": self.slowest.cell.name if self.slowest else "",
            "took_s": round(self.took_s, 1),
        }

    def table(self) -> str:
        """The totals for people."""
        shown = {name: value for name, value in self.as_json().items() if not isinstance(value, dict | list)}
        shown |= {"failed": len(self.failed), "not_reached": len(self.unreached)}
        lines = [f"  {name.replace('_', ' '):<22} {value}" for name, value in shown.items()]
        return "\n".join(["The fault matrix", *lines, *(f"  FAILED {one.cell.name}" for one in self.failed)])


def walk(directory: Path) -> Way:
    """A lead's way, on a portal of its own."""
    directory.mkdir(parents=True)
    with a_quiet_fleet(directory, routing=SETTLE) as fleet:
        return way_of_a_lead(fleet)


def run_matrix(
    cells: Sequence[Cell], directory: Path, *, seed: int, lanes: int, without: str = "", tell: Tell
) -> Matrix:
    """Run the cells on as many fleets side by side as there are lanes; a fleet that failed is replaced."""
    matrix = Matrix(seed, len(cells))
    waiting: SimpleQueue[Cell] = SimpleQueue()
    for cell in cells:
        waiting.put(cell)
    lock, began = threading.Lock(), time.monotonic()

    def note(result: CellResult) -> None:
        with lock:
            matrix.results.append(result)
            tell(_line(matrix, result, began))
            if not result.held:
                tell(f"\nseed {seed}, cell {result.cell.name}\n{result.story}\n")

    mistakes: list[BaseException] = []

    def serve_lane(number: int) -> None:
        try:
            for turn in range(len(cells)):
                if waiting.empty():
                    return
                lane = _made(directory / f"lane{number}-{turn}")
                with a_fleet(lane, workers=WORKERS, scale=SCALE, without=without, routing=SETTLE) as fleet:
                    _serve(fleet, waiting, note)
        except BaseException as mistake:  # noqa: BLE001 - raised in the caller's thread
            mistakes.append(mistake)

    threads = [threading.Thread(target=serve_lane, args=(n,)) for n in range(min(lanes, len(cells)))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        while not waiting.empty():  # the cells that run are the last ones
            waiting.get()
        raise
    if mistakes:
        raise mistakes[0]
    matrix.took_s = time.monotonic() - began
    return matrix


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True)
    return directory


def _serve(fleet: Fleet, waiting: SimpleQueue[Cell], note: Callable[[CellResult], None]) -> None:
    """Run cells until one does not hold, or none waits."""
    while True:
        try:
            cell = waiting.get_nowait()
        except Empty:
            return
        result = run_cell(fleet, cell)
        note(result)
        if not result.held:
            return


def _line(matrix: Matrix, result: CellResult, began: float) -> str:
    done, passed_s = len(matrix.results), time.monotonic() - began
    left_s = passed_s / done * (matrix.total - done)
    verdict = "held" if result.held else "FAILED"
    notes = "" if result.reached else " (call not reached)"
    notes += "" if result.fault_met else " (fault not met)"
    if result.longest_covered_s:
        notes += f", gave back within {result.longest_covered_s:.1f} s,"
    return (
        f"{done}/{matrix.total} {verdict}{notes} in {result.took_s:.1f} s, {len(matrix.failed)} failed, "
        f"about {left_s / 60:.0f} min left: {result.cell.name}"
    )


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; exit code 1 if a cell did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.matrix")
    parser.add_argument("--cells", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cell")
    parser.add_argument("--lanes", type=int, default=3)
    parser.add_argument("--without", default="", choices=("", "verify", "reclaim", "first_wins"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="matrix-") as place:
        directory = Path(place)
        way = walk(directory / "walk")
        cells = all_cells(way)
        if asked.cell:
            cells = [named(cells, asked.cell)]
        elif asked.cells:
            cells = seeded_cells(way, seed=asked.seed, count=asked.cells)
        matrix = run_matrix(
            cells, directory, seed=asked.seed, lanes=asked.lanes, without=asked.without, tell=say
        )
    say(matrix.table())
    if asked.json:
        asked.json.write_text(json.dumps(matrix.as_json(), indent=2) + "\n")
    return 1 if matrix.failed else 0


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
