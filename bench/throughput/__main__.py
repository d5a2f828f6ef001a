"""How many contacts per second, at how many calls each, against a textbook worker in the same run?

    python -m bench.throughput [--quick] [--only-ours] [--only-housekeeping]

Both route contacts of the same sandbox portal (50 ms per call), announced by the same signed
webhooks: ours with 4 worker processes, the textbook (bench/textbook.py) with 8 forking RQ workers,
one job per contact, one GET and one PATCH each. Once without a limit on calls, once with HubSpot's
190 calls per 10 s. Then the idle case: single events that come one by one. At last the CPU that our workers
alone used per lead, the steady rate at 190 calls per 10 s (leads owned within 60 s, after the first 13 s,
which are the burst of the rolling window), and the CPU of housekeeping per lead with the shipped rules.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.processes import REPOSITORY, copy_rules
from bench.throughput.figures import BURST_S, show
from bench.throughput.housekeeping import housekeeping
from bench.throughput.runs import QUOTA, ours, steady, textbook

STEADY_CONTACTS = 80_000
"""Enough for the burst and a minute at 950 a second, which 190 calls per 10 s allow at most."""
GOAL_PER_S = 900
GOAL_CPU_US = 150
GOAL_HOUSEKEEPING_US = 80


def main() -> None:
    """Run what is asked for and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the contacts: to see that it runs")
    parser.add_argument("--only-ours", action="store_true", help="leave the textbook and the ratios out")
    parser.add_argument("--only-housekeeping", action="store_true", help="the CPU of housekeeping alone")
    asked = parser.parse_args()
    size = 10 if asked.quick else 1
    with tempfile.TemporaryDirectory() as name:
        if not asked.only_housekeeping:
            config = copy_rules(REPOSITORY / "bench" / "rules", Path(name) / "config")
            _routing(config, size=size, with_textbook=not asked.only_ours)
            if not asked.quick:
                _steady_rate(config)
        _housekeeping(copy_rules(REPOSITORY / "config", Path(name) / "shipped"), size=size)


def _routing(config: Path, *, size: int, with_textbook: bool) -> None:
    """The table, the ratios, and the CPU of our workers."""
    print(f"{'':<34} {'leads':>6} {'leads/s':>10} {'calls/lead':>9} {'p50 s':>8} {'p99 s':>8}")
    free, idle = ours(config, quota=0, count=20_000 // size, idle=200 // size)
    show("ours, 4 workers", free)
    plain = textbook(config, quota=0, count=600 // size) if with_textbook else None
    if plain:
        show("textbook, 8 workers", plain)
    tight, _ = ours(config, quota=QUOTA, count=18_000 // size)
    show(f"ours, {QUOTA} calls/10 s", tight)
    plain_tight = textbook(config, quota=QUOTA, count=400 // size) if with_textbook else None
    if plain_tight:
        show(f"textbook, {QUOTA} calls/10 s", plain_tight)
    if idle:
        show("ours, idle (single events)", idle)
    if plain and plain_tight:
        print(f"ratio without a limit: {free.per_s / plain.per_s:.0f}x")
        print(f"ratio at {QUOTA} calls/10 s: {tight.per_s / plain_tight.per_s:.0f}x")
    print(f"CPU of our workers per lead: {free.cpu_us:.0f} µs (goal: {GOAL_CPU_US} at most)", end=", ")
    print(f"at {QUOTA} calls/10 s {tight.cpu_us:.0f} µs", flush=True)


def _steady_rate(config: Path) -> None:
    found = steady(config, count=STEADY_CONTACTS)
    print(
        f"steady rate at {QUOTA} calls/10 s: {found.per_s:.0f} leads/s over {found.span_s:.0f} s "
        f"after the first {BURST_S:.0f} s (goal: {GOAL_PER_S} at least)",
        flush=True,
    )


def _housekeeping(config: Path, *, size: int) -> None:
    found = housekeeping(config, count=20_000 // size)
    print(
        f"CPU of housekeeping per lead: {found.cpu_us:.0f} µs (goal: {GOAL_HOUSEKEEPING_US} at most), "
        f"over {found.leads} leads in {found.span_s:.0f} s; idle {found.idle_ms_per_s:.0f} ms/s"
    )


if __name__ == "__main__":
    main()
