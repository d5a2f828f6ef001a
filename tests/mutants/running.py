"""Running tests in a copy of the tree, in which one mutant at a time is alive."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tests.mutants.table import ROOT, Mutant

TIME_LIMIT_S: Final = 300
FAILED, NOT_COLLECTED = 1, (2, 3, 4, 5)

Verdict = Literal["killed", "survived", "broken"]
"""killed: a test failed, or never ended · survived: all passed · broken: the tests did not even begin."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant; `by` is the first test that noticed, or what pytest said."""

    mutant: Mutant
    verdict: Verdict
    took_s: float
    by: str = ""

    @property
    def is_fine(self) -> bool:
        """True for a mutant that was noticed, or whose survival is explained."""
        return self.verdict == "killed" or (self.verdict == "survived" and bool(self.mutant.survives_because))


def copy_tree(to: Path) -> None:
    """A copy of the files that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def run_tests(tests: tuple[str, ...], *, tree: Path, stop_at_once: bool = True) -> tuple[int, str]:
    """Pytest's exit code and what it said; 1 if it did not end in time."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not soak"]
    command += ["-x"] if stop_at_once else []
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(
            [*command, *tests],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S if stop_at_once else None,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return FAILED, f"FAILED (no end within {TIME_LIMIT_S} s)"
    return ran.returncode, ran.stdout + ran.stderr


def try_mutant(mutant: Mutant, *, tree: Path) -> Outcome:
    """Put the mutant into the copy, run its tests, and take it out again."""
    path, began = tree / mutant.file, time.monotonic()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
    try:
        code, said = run_tests(mutant.tests, tree=tree)
    finally:
        path.write_text(text, encoding="utf-8")
    took_s = time.monotonic() - began
    if code == 0:
        return Outcome(mutant, "survived", took_s)
    if code in NOT_COLLECTED:
        return Outcome(mutant, "broken", took_s, said.strip()[-600:])
    return Outcome(mutant, "killed", took_s, _first_failure(said))


def _first_failure(said: str) -> str:
    lines = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return lines[0].split(" - ")[0].split(" ", 1)[1] if lines else "the tests stopped"
