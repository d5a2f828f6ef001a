"""The rule files of the growth bench: those of bench/rules, with everything on that reads the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bench.processes import copy_rules

TEAM: Final = "tous: {reps: [camille, hugo, lea, nadia, yann, sophie, marc, ines], weights: performance}"
SUPPORT: Final = """\
rules:
  - name: Support
    when: {type_demande: support}
    assign: {team: est, method: queue, push_after: 8h}
"""
NIGHT: Final = """
night:
  reassign_when_overdue: 2d
  max_reassignments_per_night: {count: 100000, share: 100%}
"""


def write_rules(folder: Path) -> Path:
    """Weights by results, a queue, and a night that moves overdue leads; returns the new folder."""
    copy_rules(Path(__file__).parents[1] / "rules", folder)
    team, routing = folder / "team.yaml", folder / "routing.yaml"
    lines = [f"  {TEAM}" if line.startswith("  tous:") else line for line in team.read_text().splitlines()]
    team.write_text("\n".join([*lines, ""]))
    routing.write_text(routing.read_text().replace("rules:\n", SUPPORT, 1) + NIGHT)
    return folder


def write_revision(folder: Path, number: int) -> None:
    """Change the files so that another revision goes live, which decides as the one before."""
    routing = folder / "routing.yaml"
    kept = [line for line in routing.read_text().splitlines() if not line.startswith("# Revision ")]
    routing.write_text("\n".join([*kept, f"# Revision {number} of the growth bench.", ""]))
