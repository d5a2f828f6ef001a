"""Cells of the fault matrix on real processes: nothing is lost, owned twice or finally covered."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.crash.cells import Cell, all_cells, seeded_cells
from tests.crash.matrix import run_matrix, say, walk
from tests.crash.one_cell import SCALE, run_cell
from tests.world.fleet import SETTLE, a_fleet

SEED = 1
CELLS = 15
LANES = 3


@pytest.mark.timeout(900)
def test_the_seeded_cells_hold(tmp_path: Path) -> None:
    cells = seeded_cells(walk(tmp_path / "walk"), seed=SEED, count=CELLS)

    matrix = run_matrix(cells, tmp_path, seed=SEED, lanes=LANES, tell=say)

    assert not matrix.failed, matrix.table()


@pytest.mark.timeout(180)
def test_without_verify_a_cell_does_not_hold(tmp_path: Path) -> None:
    cell = Cell("slow", "contacts/batch/update", "worker", "Inbox.renew", "after", "kill")

    with a_fleet(tmp_path, workers=2, scale=SCALE, without="verify", routing=SETTLE) as fleet:
        result = run_cell(fleet, cell, within_s=15.0)

    assert result.verdict.overwritten
    assert "finally covered" in result.problems[0]
    assert f"=== lead {result.verdict.overwritten[0]} ===" in result.story
    for said in (
        "APPLIED owner",
        "CHOSE",
        "asked contacts/batch/update",
        "redis    leads/commit",
        "ledger   written",
    ):
        assert said in result.story


@pytest.mark.soak
@pytest.mark.timeout(2 * 3_600)
def test_all_cells_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """MATRIX_JSON names a file for the totals."""
    cells = all_cells(walk(tmp_path / "walk"))

    with capsys.disabled():
        matrix = run_matrix(cells, tmp_path, seed=SEED, lanes=LANES, tell=say)
        say(matrix.table())
    if file := os.environ.get("MATRIX_JSON"):
        Path(file).write_text(json.dumps(matrix.as_json(), indent=2) + "\n")
    assert not matrix.failed
