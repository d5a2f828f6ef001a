"""How long do people wait for a choice of owner that our write covered?

    python -m bench.housekeeping.giving_back [--leads 193]

People choose an owner for every lead right between our read and our write, so every write covers a choice.
The portal takes 50 ms per call and allows 190 calls in ten seconds; two workers, housekeeping and cron run.
Printed are the seconds from our write to the moment when the person's choice is back.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.processes import a_stage, copy_rules, listening, processes
from router.sandbox.http.client import SandboxClient

LATENCY_MS = 50
CALLS_PER_10S = 190
PROCESSES = [["-m", "workers", role] for role in ("worker", "worker", "housekeeping", "cron")]
PATIENCE_S = 300.0


def covered_s(sandbox: SandboxClient, ids: list[str]) -> dict[str, float]:
    """By contact id, for how long (seconds) our write covered the person's choice that is back now."""
    chosen = {one["contact"]: one["owner"] for one in sandbox.human_choices()}
    since: dict[str, float] = {}
    took: dict[str, float] = {}
    for write in sandbox.writes():
        one = write["id"]
        if one not in chosen or write["owner"] is None:
            continue
        if write["owner"] == chosen[one] and one in since:
            took[one] = (write["at_ms"] - since[one]) / 1000
        elif write["owner"] != chosen[one]:
            since.setdefault(one, write["at_ms"])
    return {one: took[one] for one in ids if one in took}


def main() -> None:
    """Cover one choice per lead, wait until all are back, and print how long that took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=193)
    leads = parser.parse_args().leads
    with tempfile.TemporaryDirectory() as name:
        config = copy_rules(Path(__file__).parents[1] / "rules", Path(name) / "config")
        with (
            a_stage(config=config, calls_per_10s=CALLS_PER_10S) as stage,
            listening(stage, ["-m", "router.web"]) as url,
            processes(stage, *PROCESSES),
        ):
            sandbox = stage.sandbox
            sandbox.deliver(
                f"{url}/webhooks/hubspot",
                public_url=stage.environment["PUBLIC_WEBHOOK_URL"],
                duplicates=0.0,
                enabled=True,
            )
            warm = sandbox.create_exactly([_a_contact(number) for number in range(20)])
            _wait(lambda: all(one["owner"] for one in sandbox.contacts(*warm, brief=True)))
            sandbox.settings(latency_ms=LATENCY_MS, calls_per_10s=CALLS_PER_10S)
            sandbox.overtake(rate=1.0, owner="71480109")
            ids = sandbox.create_exactly([_a_contact(number) for number in range(20, 20 + leads)])
            _wait(lambda: len(covered_s(sandbox, ids)) == leads)
            took = sorted(covered_s(sandbox, ids).values())
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    print(f"{leads} choices given back: p50 {statistics.median(took):.1f} s, p99 {p99:.1f} s", end=", ")
    print(f"longest {took[-1]:.1f} s")


def _a_contact(number: int) -> dict[str, str]:
    return {
        "email": f"contact{number}@entreprise{number}.fr",
        "jobtitle": "Directeur commercial",
        "type_demande": "demo",
        "country": "France",
        "zip": "75011",
    }


def _wait(condition: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > ends_at:
            raise TimeoutError(f"not all choices were given back within {PATIENCE_S:.0f} s")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
