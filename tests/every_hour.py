"""Run the tests at hours at which software breaks: at night, at week-ends, on the days the clocks change.

    make every-hour                                       every moment, the whole suite (8 minutes each)
    python -m tests.every_hour --only march tests/cli     one moment, a part of the suite

The whole tree of processes, Valkey included, runs under `faketime`, which lies to programs about the date.
On Debian and Ubuntu: apt-get install faketime. Only the date is faked, not the monotonic clock, by which
processes wait (see under_faketime/sitecustomize.py). Exit code 1 if a test fails at any moment.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

HOME = Path(__file__).parents[1]
MOMENTS = {
    "friday": ("Friday 17:30 in Paris", datetime(2027, 1, 15, 16, 30, tzinfo=UTC)),
    "saturday": ("Saturday 02:30 in Paris", datetime(2027, 1, 16, 1, 30, tzinfo=UTC)),
    "year": ("31 December 23:20 UTC", datetime(2026, 12, 31, 23, 20, tzinfo=UTC)),
    "march": ("Paris goes from 02:00 to 03:00", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
    "october": ("Paris goes from 03:00 to 02:00", datetime(2027, 10, 31, 0, 59, tzinfo=UTC)),
    "leap": ("29 February 10:00 UTC", datetime(2028, 2, 29, 10, 0, tzinfo=UTC)),
    "holiday": ("14 July 10:15 in Paris", datetime(2027, 7, 14, 8, 15, tzinfo=UTC)),
}
ENVIRON = {
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "PYTHONPATH": os.pathsep.join([str(HOME / "tests" / "under_faketime"), str(HOME)]),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to; `failed` names tests, and what pytest itself stumbled over."""

    passed: int
    failed: tuple[str, ...]
    took_s: float


def run_at(moment: datetime, arguments: Sequence[str]) -> Outcome:
    """Run pytest as if it were this moment when it starts."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "not soak", f"--junitxml={report}"]
        command += ["-p", "no:cacheprovider", *arguments]
        began = time.monotonic()
        ahead_s = round(moment.timestamp() - time.time())
        ran = subprocess.run(
            ["faketime", "-f", f"{ahead_s:+d}s", *command],  # noqa: S607 - from wherever it is installed
            cwd=HOME,
            env=os.environ | ENVIRON,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        took_s = time.monotonic() - began
        if not report.is_file():
            return Outcome(0, (f"pytest: exit code {ran.returncode}: {ran.stdout[-500:]}",), took_s)
        cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 - pytest has just written it
    failed = tuple(f"{one.get('classname')}::{one.get('name')}" for one in cases if _failed(one))
    if ran.returncode:
        print(ran.stdout[-6000:], file=sys.stderr)  # noqa: T201 - the reasons, for who has to mend it
    passed = sum(one.find("skipped") is None for one in cases) - len(failed)
    return Outcome(
        passed, failed or ((f"pytest: exit code {ran.returncode}",) * bool(ran.returncode)), took_s
    )


def _failed(case: ElementTree.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def main() -> int:
    """Run at every moment, or at those that are named; print the table; 1 if anything failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=MOMENTS, help="a moment; can be repeated")
    chosen, given = parser.parse_known_args()
    if shutil.which("faketime") is None:
        print("There is no faketime here. On Debian and Ubuntu: apt-get install faketime")  # noqa: T201
        return 2
    arguments = given if "-n" in given else ["-n", "3", "--dist", "loadgroup", *given]
    worst = 0
    print(f"{'moment':<36} {'passed':>6} {'failed':>6} {'took':>6}", flush=True)  # noqa: T201
    for name in chosen.only or MOMENTS:
        words, moment = MOMENTS[name]
        outcome = run_at(moment, arguments)
        worst |= bool(outcome.failed)
        figures = f"{outcome.passed:>6} {len(outcome.failed):>6} {outcome.took_s:>4.0f} s"
        print(f"{words:<36} {figures}", *outcome.failed, sep="\n    ", flush=True)  # noqa: T201
    return worst


if __name__ == "__main__":
    sys.exit(main())
