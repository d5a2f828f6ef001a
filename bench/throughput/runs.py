"""Runs of our four workers and of the textbook worker, each in a portal of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.growth.running import cpu_s_of
from bench.processes import REPOSITORY, a_stage, listening, processes
from bench.throughput.announcing import a_contact, announce, blast, hold, trickle
from bench.throughput.figures import BURST_S, STEADY_S, Figures, SteadyRate, steady_rate

LATENCY_MS = 50
QUOTA = 190
UNLIMITED = 10_000
WARM = 200
CHUNK = 5_000
OURS = [["-m", "workers", "worker"]] * 4
PRELOADED = "import bench.textbook; from rq.cli import main; main()"
"""Imports before the fork, which spares the textbook worker 0.1 s of CPU per job: compared at its best."""
TEXTBOOK = [["-c", PRELOADED, "worker", "-q", "-u", "REDIS", "textbook"]] * 8


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
            hold(stage, address)
            ids: set[str] = set()
            for start in range(0, count, CHUNK):
                some = range(start, min(start + CHUNK, count))
                ids |= set(stage.sandbox.create_exactly([a_contact(number) for number in some]))
            announce(stage, address)
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
