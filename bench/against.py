"""Is this checkout as fast as another one? Both in turn, pair by pair, and the median of the ratios.

    python -m bench.against PATH [--pairs 7] [--leads 20000]

PATH is a checkout of the other commit (`git worktree add PATH COMMIT`). Each run starts four workers, a
receiver, a sandbox portal (50 ms per call) and a Valkey of its own, and routes contacts as
`bench.throughput` does. For the receiver alone: `python -m bench.receiver_tricks --other PATH`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parents[1]
ONE_RUN = """
import sys, tempfile
from pathlib import Path
from bench.processes import copy_rules
from bench.throughput import ours
with tempfile.TemporaryDirectory() as name:
    config = copy_rules(Path("bench/rules"), Path(name) / "config")
    print("leads/s", ours(config, quota=0, count=int(sys.argv[1]))[0].per_s)
"""


def leads_per_s(checkout: Path, leads: int) -> float:
    """Leads per second of one run of the code in that checkout."""
    done = subprocess.run(
        [sys.executable, "-c", ONE_RUN, str(leads)],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.rsplit("leads/s", 1)[1])


def main() -> None:
    """Run the pairs and print each, and the median."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", type=Path, help="a checkout of the other commit")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--leads", type=int, default=20_000)
    asked = parser.parse_args()
    ratios = []
    for pair in range(asked.pairs):
        order = [HERE, asked.other.resolve()]
        found = {one: leads_per_s(one, asked.leads) for one in (order if pair % 2 else order[::-1])}
        here, other = (found[one] for one in order)
        ratios.append(here / other)
        print(f"pair {pair + 1}: {here:7.0f} leads/s here, {other:7.0f} there, {ratios[-1]:.2f}", flush=True)
    print(f"median of {len(ratios)} ratios: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
