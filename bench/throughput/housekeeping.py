"""The CPU that housekeeping uses for each lead: its owner verified, its decision and events in the ledger."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import redis

from bench.growth.running import cpu_s_of
from bench.processes import PORTAL, Stage, a_stage, listening, processes
from bench.throughput.announcing import a_contact, announce, hold
from bench.throughput.runs import LATENCY_MS, OURS, UNLIMITED
from router.store.keys import Keys

WARM = 500
IDLE_S = 15.0
LOOK_S = 0.25
PATIENCE_S = 120.0


@dataclass(frozen=True)
class HousekeepingCost:
    """CPU per lead in microseconds, without what an idle housekeeping uses in the same `span_s` seconds."""

    leads: int
    cpu_us: float
    idle_ms_per_s: float
    """CPU milliseconds per second of a housekeeping that has nothing to do."""
    span_s: float


def cost(*, leads: int, used_s: float, idle_per_s: float, span_s: float) -> HousekeepingCost:
    """The cost of each lead, from the CPU seconds used in `span_s` and those of an idle second."""
    own_s = used_s - idle_per_s * span_s
    return HousekeepingCost(leads, own_s / leads * 1e6, idle_per_s * 1e3, span_s)


def housekeeping(config: Path, *, count: int) -> HousekeepingCost:
    """Route `count` leads with four workers, until all work for them is done. Raises TimeoutError."""
    with a_stage(config=config, calls_per_10s=UNLIMITED) as stage:
        stage.sandbox.settings(latency_ms=LATENCY_MS, calls_per_10s=0)
        with (
            listening(stage, ["-m", "router.web"]) as url,
            processes(stage, ["-m", "workers", "housekeeping"], ["-m", "workers", "cron"], *OURS) as started,
        ):
            pid, address = started[0].pid, f"{url}/webhooks/hubspot"
            _route(stage, address, count=WARM)
            before_s = cpu_s_of(pid)
            time.sleep(IDLE_S)
            idle_per_s = (cpu_s_of(pid) - before_s) / IDLE_S
            before_s, began = cpu_s_of(pid), time.monotonic()
            _route(stage, address, count=count)
            used_s, span_s = cpu_s_of(pid) - before_s, time.monotonic() - began
    return cost(leads=count, used_s=used_s, idle_per_s=idle_per_s, span_s=span_s)


def _route(stage: Stage, address: str, *, count: int) -> None:
    """Announce `count` contacts, until each is decided, its owner verified, and every line in the ledger."""
    hold(stage, address)
    ids = stage.sandbox.create_exactly([a_contact(number) for number in range(count)])
    announce(stage, address)
    client = redis.Redis.from_url(stage.environment["REDIS_URL"], decode_responses=True)
    keys, ends_at = Keys(PORTAL), time.monotonic() + PATIENCE_S
    leads = [keys.lead(one) for one in ids]
    while time.monotonic() < ends_at:
        lines, owners = client.xlen(keys.outbox), client.zcard(keys.verify)
        if not lines and not owners and not client.xlen(keys.inbox) and client.exists(*leads) == count:
            stage.sandbox.stop_deliveries()
            return
        time.sleep(LOOK_S)
    raise TimeoutError(f"{lines} lines and {owners} owners wait for housekeeping after {PATIENCE_S:.0f} s")
