"""How many contacts per second, at how many calls each, against a textbook worker in the same run?

    python -m bench.throughput [--quick]

Both route contacts of the same sandbox portal (50 ms per call), announced by the same signed
webhooks: ours with 4 worker processes, the textbook (bench/textbook.py) with 8 forking RQ workers,
one job per contact, one GET and one PATCH each. Once without a limit on calls, once with HubSpot's
190 calls per 10 s. Then the idle case: single events that come one by one.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.processes import REPOSITORY, Stage, a_stage, copy_rules, listening, processes
from router.sandbox.http.client import SandboxClient

LATENCY_MS = 50
QUOTA = 190
UNLIMITED = 10_000
PATIENCE_S = 120.0
OURS = [["-m", "workers", "worker"]] * 4
PRELOADED = "import bench.textbook; from rq.cli import main; main()"
"""Imports before the fork, which spares the textbook worker 0.1 s of CPU per job: compared at its best."""
TEXTBOOK = [["-c", PRELOADED, "worker", "-q", "-u", "REDIS", "textbook"]] * 8


@dataclass(frozen=True)
class Figures:
    """What one run gave. `per_s` counts from the first announcement to the last owner."""

    contacts: int
    per_s: float
    calls_per_contact: float
    p50_s: float
    p99_s: float


def measure(sandbox: SandboxClient, ids: list[str], *, calls_before: int) -> Figures:
    """Figures of contacts that all have an owner."""
    told = sandbox.contacts(brief=True)
    asked = set(ids)
    times = [(one["announced_at"], one["owned_at"]) for one in told if one["id"] in asked]
    waits_s = sorted((owned - announced) / 1000 for announced, owned in times)
    span_s = (max(owned for _, owned in times) - min(announced for announced, _ in times)) / 1000
    return Figures(
        contacts=len(ids),
        per_s=len(ids) / span_s,
        calls_per_contact=(sandbox.calls()["total"] - calls_before) / len(ids),
        p50_s=statistics.median(waits_s),
        p99_s=waits_s[int(len(waits_s) * 0.99)],
    )


def wait_until_owned(sandbox: SandboxClient, ids: list[str]) -> None:
    """Return when every contact has an owner; raises TimeoutError after two minutes."""
    ends_at = time.monotonic() + PATIENCE_S
    asked = set(ids)
    while time.monotonic() < ends_at:
        unowned = sum(1 for one in sandbox.contacts(brief=True) if one["id"] in asked and not one["owned_at"])
        if not unowned:
            return
        time.sleep(0.25 if len(ids) < 2_000 else 0.5)
    raise TimeoutError(f"{unowned} contacts have no owner after {PATIENCE_S:.0f} s")


def blast(stage: Stage, url: str, count: int) -> Figures:
    """Announce `count` contacts as fast as the portal can, 100 to a webhook."""
    sandbox = stage.sandbox
    sandbox.deliver(url, public_url=stage.environment["PUBLIC_WEBHOOK_URL"], enabled=False)
    ids = sandbox.create_exactly([_a_contact(number) for number in range(count)])
    calls_before = sandbox.calls()["total"]
    sandbox.deliver(
        url,
        public_url=stage.environment["PUBLIC_WEBHOOK_URL"],
        batch_min=100,
        batch_max=100,
        duplicates=0.0,
        shuffle=False,
        enabled=True,
    )
    wait_until_owned(sandbox, ids)
    sandbox.stop_deliveries()
    return measure(sandbox, ids, calls_before=calls_before)


def trickle(stage: Stage, url: str, count: int) -> Figures:
    """Announce contacts one by one, at chance moments about 4 a second."""
    sandbox, chance = stage.sandbox, random.Random(7)
    sandbox.deliver(url, public_url=stage.environment["PUBLIC_WEBHOOK_URL"], duplicates=0.0, enabled=True)
    calls_before = sandbox.calls()["total"]
    ids = []
    for number in range(count):
        ids += sandbox.create_exactly([_a_contact(number)])
        time.sleep(chance.expovariate(4))
    wait_until_owned(sandbox, ids)
    sandbox.stop_deliveries()
    return measure(sandbox, ids, calls_before=calls_before)


def _a_contact(number: int) -> dict[str, str]:
    return {
        "email": f"contact{number}@entreprise{number % 977}.fr",
        "jobtitle": ("Directeur commercial", "Responsable RH", "Comptable")[number % 3],
        "type_demande": ("demo", "devis", "contenu")[number % 3],
        "country": ("France", "FR", "france", "Allemagne")[number % 4],
        "zip": f"{number % 95 + 1:02}{number % 1000:03}",
    }


def ours(config: Path, *, quota: int, count: int, idle: int = 0) -> tuple[Figures, Figures | None]:
    """Our figures for a blast, and for a trickle if asked."""
    with a_stage(config=config, calls_per_10s=quota or UNLIMITED) as stage:
        stage.sandbox.settings(latency_ms=LATENCY_MS, calls_per_10s=quota)
        with listening(stage, ["-m", "router.web"]) as url, processes(stage, *OURS):
            address = f"{url}/webhooks/hubspot"
            blast(stage, address, 200)  # warm
            if quota:
                time.sleep(10)  # the warm-up's calls leave the window
            full = blast(stage, address, count)
            return full, trickle(stage, address, idle) if idle else None


def textbook(config: Path, *, quota: int, count: int) -> Figures:
    """The textbook worker's figures for a blast."""
    with a_stage(config=config, calls_per_10s=quota or UNLIMITED) as stage:
        stage.sandbox.settings(latency_ms=LATENCY_MS, calls_per_10s=quota)
        stage.environment["PYTHONPATH"] = str(REPOSITORY)
        workers = [[stage.valkey.url if word == "REDIS" else word for word in one] for one in TEXTBOOK]
        with (
            listening(stage, [str(REPOSITORY / "bench" / "textbook.py")]) as url,
            processes(stage, *workers),
        ):
            return blast(stage, f"{url}/webhooks/hubspot", count)


def show(name: str, figures: Figures) -> None:
    """One line of the table."""
    print(
        f"{name:<34} {figures.contacts:>6} {figures.per_s:>10.1f} {figures.calls_per_contact:>9.4f} "
        f"{figures.p50_s:>8.3f} {figures.p99_s:>8.3f}",
        flush=True,
    )


def main() -> None:
    """Run everything and print the table and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the contacts: to see that it runs")
    size = 10 if parser.parse_args().quick else 1
    with tempfile.TemporaryDirectory() as name:
        config = copy_rules(Path(__file__).parent / "rules", Path(name) / "config")
        print(f"{'':<34} {'leads':>6} {'leads/s':>10} {'calls/lead':>9} {'p50 s':>8} {'p99 s':>8}")
        free, idle = ours(config, quota=0, count=20_000 // size, idle=200 // size)
        show("ours, 4 workers", free)
        plain = textbook(config, quota=0, count=600 // size)
        show("textbook, 8 workers", plain)
        tight, _ = ours(config, quota=QUOTA, count=18_000 // size)
        show(f"ours, {QUOTA} calls/10 s", tight)
        plain_tight = textbook(config, quota=QUOTA, count=400 // size)
        show(f"textbook, {QUOTA} calls/10 s", plain_tight)
        if idle:
            show("ours, idle (single events)", idle)
        print(f"ratio without a limit: {free.per_s / plain.per_s:.0f}x")
        print(f"ratio at {QUOTA} calls/10 s: {tight.per_s / plain_tight.per_s:.0f}x")


if __name__ == "__main__":
    main()
