"""Running tests in a copy of the tree, in which one mutant at a time is alive."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tests.mutants.table import ROOT, Mutant

TIME_LIMIT_S: Final = 300
PASSED, FAILED = 0, 1
_TIMED_OUT: Final = "from pytest-timeout"

Verdict = Literal["killed", "survived", "not judged"]
"""killed: a test failed · survived: all passed · not judged: no test failed, but they did not all run to
their end: one could not begin, or took longer than its limit, which a busy machine may cause as well."""


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


def run_tests(
    tests: tuple[str, ...], *, tree: Path, stop_at_once: bool = True, limit_s: float | None = None
) -> tuple[int | None, str]:
    """Pytest's exit code and what it said; None for the code if it did not end within `limit_s`."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not soak"]
    command += ["-x"] if stop_at_once else []
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        [*command, *tests],
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            return None, f"They did not end within {limit_s} s."
        finally:
            _end(running)
    return running.returncode, said


def _end(running: subprocess.Popen[str]) -> None:
    """Let pytest stop the servers of its tests, and end it if it does not."""
    if running.poll() is None:
        running.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            running.communicate(timeout=10)
        running.kill()


def try_mutant(mutant: Mutant, *, tree: Path) -> Outcome:
    """Put the mutant into the copy, run its tests, and take it out again."""
    path, began = tree / mutant.file, time.monotonic()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
    try:
        code, said = run_tests(mutant.tests, tree=tree, limit_s=TIME_LIMIT_S)
    finally:
        path.write_text(text, encoding="utf-8")
    verdict, by = judged(code, said)
    return Outcome(mutant, verdict, time.monotonic() - began, by)


def judged(code: int | None, said: str) -> tuple[Verdict, str]:
    """The verdict on a mutant, and the test that noticed it or what pytest said; `code` as of `run_tests`."""
    if code == PASSED:
        return "survived", ""
    failed = next((line for line in said.splitlines() if line.startswith("FAILED ")), None)
    if code == FAILED and failed is not None and _TIMED_OUT not in said:
        return "killed", failed.removeprefix("FAILED ").split(" - ")[0]
    return "not judged", said.strip()[-600:]
