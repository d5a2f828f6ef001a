"""What one minute of a running fleet looks like, read from /proc, Valkey and the sandbox portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

import redis

from bench.growth.running import cpu_s_of
from router.sandbox.http.client import SandboxClient
from router.store.keys import Keys

SAMPLED_LEADS: Final = 200
"""Hashes of leads whose memory is asked for, of which the mean counts."""
AT_ONCE: Final = 200
"""Contacts that the portal is asked about in one request."""


@dataclass(frozen=True, slots=True)
class ProcessSample:
    """One process: memory (kB; `pss_kb` is 0 where it may not be read), open handles, CPU seconds so far."""

    rss_kb: int
    pss_kb: int
    handles: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class ValkeySample:
    """Valkey's memory in bytes. `due` is what the leads so far must cost: hashes, keys and list entries."""

    used: int
    due: int
    leads: int

    @property
    def rest(self) -> int:
        """The memory that no lead explains."""
        return self.used - self.due


@dataclass(frozen=True, slots=True)
class Minute:
    """One sample. Times are seconds; `p50_s` and `p99_s` are from the announcement to the owner."""

    at_min: float
    processes: Mapping[str, ProcessSample]
    valkey: ValkeySample
    outbox: int
    inbox: int
    waiting: int
    announced: int
    p50_s: float
    p99_s: float
    unowned: int = 0
    """Leads of this minute that had no owner yet when it was over."""
    cpu_s: Mapping[str, float] = field(default_factory=dict)
    """CPU seconds within this minute, by process."""


def process_sample(pid: int) -> ProcessSample:
    """The process now. Raises `OSError` if it has ended."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
    )
    return ProcessSample(
        rss_kb=int(status["VmRSS"].split()[0]),
        pss_kb=_pss_kb(pid),
        handles=sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        cpu_s=cpu_s_of(pid),
    )


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def valkey_sample(client: redis.Redis, keys: Keys, contact_ids: Sequence[str]) -> ValkeySample:
    """Valkey now; `contact_ids` are the leads so far, of whose hashes some are looked at."""
    used = int(cast("dict[str, int]", client.info("memory"))["used_memory"])
    step = max(1, len(contact_ids) // SAMPLED_LEADS)
    # Of every field: Valkey's own sample of five is wrong by half, always the same way in one server.
    costs = [client.memory_usage(keys.lead(one), samples=0) for one in contact_ids[::step]]
    known = [int(cost) for cost in costs if cost]
    mean = sum(known) / len(known) if known else 0.0
    lists = (keys.watched, keys.verify, keys.changed, keys.overdue, keys.moved, keys.tended)
    queues = [keys.queue(team) for team in cast("set[str]", client.smembers(keys.queues))]
    due = sum(int(client.memory_usage(name) or 0) for name in (*lists, *queues))
    share = len(known) / len(costs) if costs else 0.0
    due += round(mean * share * len(contact_ids)) + _cost_of_keys(client)
    return ValkeySample(used, due, len(contact_ids))


def _cost_of_keys(client: redis.Redis) -> int:
    """Bytes of the tables of all keys; there are hardly any others than those of leads."""
    tables = cast("dict[str, dict[str, int]]", client.memory_stats()).get("db.0", {})
    return sum(tables.values())


def waits_of(sandbox: SandboxClient, contact_ids: Sequence[str]) -> tuple[list[float], int]:
    """Ascending seconds from the announcement to the owner, and the number of leads without one."""
    waits: list[float] = []
    for start in range(0, len(contact_ids), AT_ONCE):
        asked = sandbox.contacts(*contact_ids[start : start + AT_ONCE], brief=True)
        both = [(one["announced_at"], one["owned_at"]) for one in asked]
        waits += [(owned - announced) / 1000 for announced, owned in both if announced and owned]
    return sorted(waits), len(contact_ids) - len(waits)


def percentile(ascending: Sequence[float], share: float) -> float:
    """The value below which that share lies; 0 of none."""
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))] if ascending else 0.0
