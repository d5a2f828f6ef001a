"""What do the reports cost when the ledger grows?

    python -m bench.ledger.reports [--leads 10000 100000] [--postgresql] [--summed-only]

Really routed leads are cloned over a year, with answers and outcomes. Each command runs as a process of its
own; printed are its seconds, its CPU seconds (both with the start of Python and the loading of the rules,
which `health` has, too) and its peak memory. First without sums of days, as
after an upgrade, then with those that housekeeping makes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.ledger.clones import clone, routed
from bench.processes import PORTAL, REPOSITORY, Stage, a_stage
from router.ledger import open_ledger
from router.rules_on_disk import read_rule_files
from tests.world.postgres import a_schema, a_server, programs

COMMANDS = (
    ("fairness", "--since", "365d"),
    ("fairness", "--since", "365d", "--rep", "camille"),
    ("fairness", "--since", "365d", "--plot", "curve.svg"),
    ("fairness", "--since", "30d"),
    ("response", "--since", "365d"),
    ("response", "--since", "365d", "--rep", "camille"),
    ("compare", "--since", "365d"),
    ("revisions",),
    ("weights",),
    ("health",),
)
A_RUN_S = 2.0
RUN = """
import atexit, re, time
from pathlib import Path
from router.cli import main

def leave():
    peak = re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]
    Path("used.txt").write_text(f"{peak} {time.process_time()}")

atexit.register(leave)
main()
"""
"""A command that leaves behind its peak memory in kilobytes, and its CPU seconds."""


def cost(stage: Stage, *command: str) -> tuple[float, float, float]:
    """Seconds, seconds of CPU and peak memory (MB) of one command."""
    began = time.perf_counter()
    with (stage.directory / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, *command],
            env=stage.environment,
            stdout=said,
            stderr=said,
            cwd=stage.directory,
        )
        code = process.wait()
    took_s, used = time.perf_counter() - began, stage.directory / "used.txt"
    if code not in (0, 1) or not used.exists():
        raise RuntimeError((stage.directory / "said.txt").read_text())
    memory_kb, cpu_s = used.read_text().split()
    used.unlink()
    return took_s, float(cpu_s), int(memory_kb) / 1024


def measure(stage: Stage, leads: int, what: str) -> None:
    """Print the cost of every command."""
    print(f"{leads:,} decisions, {what}", flush=True)
    for command in COMMANDS:
        took_s, cpu_s, memory_mb = cost(stage, *command)
        shown = f"{took_s:>8.2f} s{cpu_s:>8.2f} CPU-s{memory_mb:>8.0f} MB"
        print(f"  {' '.join(command):<48}{shown}", flush=True)


@contextmanager
def a_database(directory: Path, *, postgresql: bool) -> Iterator[str]:
    """An empty database."""
    if not postgresql:
        yield f"sqlite:///{directory}/ledger.sqlite3"
        return
    found = programs()
    if found is None:
        raise RuntimeError("PostgreSQL is not installed here.")
    with a_server(found) as server, a_schema(server) as url:
        yield url


def run(leads: int, *, postgresql: bool, summed_only: bool) -> None:
    """Measure one size of the ledger."""
    now = datetime.now(UTC)
    with (
        tempfile.TemporaryDirectory(prefix="lead-router-bench-") as name,
        a_stage(config=REPOSITORY / "config", calls_per_10s=10_000) as stage,
    ):
        records = routed(stage)
        with a_database(Path(name), postgresql=postgresql) as url:
            stage = replace(stage, environment=stage.environment | {"DATABASE_URL": url})
            ledger, began = open_ledger(url, PORTAL), time.perf_counter()
            ledger.keep_revision(
                records[0]["revision"], read_rule_files(REPOSITORY / "config"), live_since=now
            )
            ledger.revisions.went_live(records[0]["revision"], at=now.replace(year=now.year - 2), origin=None)
            clone(ledger, records, leads=leads, now=now)
            print(f"{leads:,} decisions cloned in {time.perf_counter() - began:.0f} s", flush=True)
            if not summed_only:
                measure(stage, leads, "without sums of days")
            began, longest, days = time.perf_counter(), 0.0, 0
            while (made := ledger.sums.make_some(now=now, longest_s=A_RUN_S)).days:
                longest, days = max(longest, made.took_s), days + made.days
            took_s = time.perf_counter() - began
            print(f"  {days} days summed in {took_s:.1f} s, the longest run took {longest:.2f} s", flush=True)
            measure(stage, leads, "with sums of days")
            ledger.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--summed-only", action="store_true")
    given = parser.parse_args()
    for size in given.leads:
        run(size, postgresql=given.postgresql, summed_only=given.summed_only)
