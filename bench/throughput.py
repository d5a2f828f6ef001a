"""How many contacts per second, at how many calls each, against a textbook worker in the same run?

    python -m bench.throughput [--quick] [--only-ours]

Both route contacts of the same sandbox portal (50 ms per call), announced by the same signed
webhooks: ours with 4 worker processes, the textbook (bench/textbook.py) with 8 forking RQ workers,
one job per contact, one GET and one PATCH each. Once without a limit on calls, once with HubSpot's
190 calls per 10 s. Then the idle case: single events that come one by one. At last the CPU that our workers
alone used per lead, and the steady rate at 190 calls per 10 s: leads owned within 60 s, after the first 13 s,
which are the burst of the rolling window.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.growth.running import cpu_s_of
from bench.processes import REPOSITORY, Stage, a_stage, copy_rules, listening, processes
from router.sandbox.http.client import SandboxClient

LATENCY_MS = 50
QUOTA = 190
UNLIMITED = 10_000
WARM = 200
CHUNK = 5_000
PATIENCE_S = 120.0
BURST_S = 13.0
"""Seconds in which a window of calls that is empty at first lets more through than it does for ever."""
STEADY_S = 60.0
STEADY_CONTACTS = 80_000
"""Enough for the burst and a minute at 950 a second, which 190 calls per 10 s allow at most."""
GOAL_PER_S = 900
GOAL_CPU_US = 150
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
    cpu_us: float | None = None
    """CPU per contact of the worker processes alone, in microseconds; None where it was not measured."""


@dataclass(frozen=True)
class SteadyRate:
    """Contacts owned per second within `span_s`, after the burst. `span_s` is shorter if they ran out."""

    per_s: float
    span_s: float


def steady_rate(owned_ms: Sequence[float], *, began_ms: float) -> SteadyRate:
    """The rate after the burst of the first 13 s, for 60 s at most; both times are epoch milliseconds.

    Raises ValueError if every contact was owned within the burst.
    """
    first_ms = began_ms + BURST_S * 1000
    last_ms = min(max(owned_ms, default=0.0), first_ms + STEADY_S * 1000)
    if last_ms <= first_ms:
        raise ValueError(f"Every contact was owned within the first {BURST_S:.0f} s: announce more of them.")
    span_s = (last_ms - first_ms) / 1000
    return SteadyRate(sum(first_ms < at <= last_ms for at in owned_ms) / span_s, span_s)


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
    _hold(stage, url)
    ids = sandbox.create_exactly([_a_contact(number) for number in range(count)])
    calls_before = sandbox.calls()["total"]
    _announce(stage, url)
    wait_until_owned(sandbox, ids)
    sandbox.stop_deliveries()
    return measure(sandbox, ids, calls_before=calls_before)


def _hold(stage: Stage, url: str) -> None:
    """Let contacts gather at the portal, unannounced."""
    stage.sandbox.deliver(url, public_url=stage.environment["PUBLIC_WEBHOOK_URL"], enabled=False)


def _announce(stage: Stage, url: str) -> None:
    """Announce what has gathered, 100 to a webhook, as fast as the receiver takes it."""
    stage.sandbox.deliver(
        url,
        public_url=stage.environment["PUBLIC_WEBHOOK_URL"],
        batch_min=100,
        batch_max=100,
        duplicates=0.0,
        shuffle=False,
        enabled=True,
    )


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
        with listening(stage, ["-m", "router.web"]) as url, processes(stage, *OURS) as workers:
            address = f"{url}/webhooks/hubspot"
            blast(stage, address, WARM)
            if quota:
                time.sleep(10)  # the warm-up's calls leave the window
            full = _with_cpu(workers, lambda: blast(stage, address, count))
            return full, trickle(stage, address, idle) if idle else None


def _with_cpu(workers: Sequence[subprocess.Popen[bytes]], work: Callable[[], Figures]) -> Figures:
    """The figures of the work, with the CPU that the workers used meanwhile."""
    before_s = sum(cpu_s_of(one.pid) for one in workers)
    figures = work()
    used_s = sum(cpu_s_of(one.pid) for one in workers) - before_s
    return replace(figures, cpu_us=used_s / figures.contacts * 1e6)


def steady(config: Path, *, count: int) -> SteadyRate:
    """Our steady rate at HubSpot's limit, from `count` contacts that are announced at once."""
    with a_stage(config=config, calls_per_10s=QUOTA) as stage:
        stage.sandbox.settings(latency_ms=LATENCY_MS, calls_per_10s=QUOTA)
        with listening(stage, ["-m", "router.web"]) as url, processes(stage, *OURS):
            address = f"{url}/webhooks/hubspot"
            blast(stage, address, WARM)
            time.sleep(10)  # the warm-up's calls leave the window
            _hold(stage, address)
            ids: set[str] = set()
            for start in range(0, count, CHUNK):
                some = range(start, min(start + CHUNK, count))
                ids |= set(stage.sandbox.create_exactly([_a_contact(number) for number in some]))
            _announce(stage, address)
            time.sleep(BURST_S + STEADY_S + 2)
            stage.sandbox.stop_deliveries()
            told = [one for one in stage.sandbox.contacts(brief=True) if one["id"] in ids]
        owned_ms = [one["owned_at"] for one in told if one["owned_at"]]
        return steady_rate(owned_ms, began_ms=min(one["announced_at"] for one in told if one["announced_at"]))


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
    parser.add_argument("--only-ours", action="store_true", help="leave the textbook and the ratios out")
    asked = parser.parse_args()
    size = 10 if asked.quick else 1
    with tempfile.TemporaryDirectory() as name:
        config = copy_rules(Path(__file__).parent / "rules", Path(name) / "config")
        print(f"{'':<34} {'leads':>6} {'leads/s':>10} {'calls/lead':>9} {'p50 s':>8} {'p99 s':>8}")
        free, idle = ours(config, quota=0, count=20_000 // size, idle=200 // size)
        show("ours, 4 workers", free)
        plain = None if asked.only_ours else textbook(config, quota=0, count=600 // size)
        if plain:
            show("textbook, 8 workers", plain)
        tight, _ = ours(config, quota=QUOTA, count=18_000 // size)
        show(f"ours, {QUOTA} calls/10 s", tight)
        plain_tight = None if asked.only_ours else textbook(config, quota=QUOTA, count=400 // size)
        if plain_tight:
            show(f"textbook, {QUOTA} calls/10 s", plain_tight)
        if idle:
            show("ours, idle (single events)", idle)
        if plain and plain_tight:
            print(f"ratio without a limit: {free.per_s / plain.per_s:.0f}x")
            print(f"ratio at {QUOTA} calls/10 s: {tight.per_s / plain_tight.per_s:.0f}x")
        print(f"CPU of our workers per lead: {free.cpu_us:.0f} µs (goal: {GOAL_CPU_US} at most)", end=", ")
        print(f"at {QUOTA} calls/10 s {tight.cpu_us:.0f} µs")
        if not asked.quick:
            found = steady(config, count=STEADY_CONTACTS)
            print(
                f"steady rate at {QUOTA} calls/10 s: {found.per_s:.0f} leads/s over {found.span_s:.0f} s "
                f"after the first {BURST_S:.0f} s (goal: {GOAL_PER_S} at least)"
            )


if __name__ == "__main__":
    main()
