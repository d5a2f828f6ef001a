"""Routing rates after years of a team's life, in which the share book in Redis has grown."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import redis
import requests

from bench.growth.running import cpu_s_of
from bench.processes import PORTAL, a_stage, copy_rules, listening, processes
from bench.throughput import LATENCY_MS, OURS, UNLIMITED, blast
from router.policy.shares.share_book import open_field, received
from router.store.keys import Keys
from router.store.leads.commits import NewDecision, Outdated
from router.store.store import open_store
from router.timestamps import epoch_ms

HEALTH_TIMES: Final = 10
WARM: Final = 200


@dataclass(frozen=True, slots=True)
class RoutingRate:
    """Figures of one book: its fields, leads per second, workers' CPU per lead (µs), health page (ms).

    `problem` says why there are none.
    """

    reps: int
    years: int
    fields: int = 0
    per_s: float = 0.0
    cpu_us: float = 0.0
    health_ms: float = 0.0
    problem: str = ""


def rate_after(
    folder: Path, *, reps: int, years: int, leads: int, show: Callable[[int], None]
) -> RoutingRate:
    """Live the years, then route `leads` as fast as four workers can, without a limit on calls."""
    rules = copy_rules(Path(__file__).parents[1] / "rules", folder / f"rules-{reps}-{years}")
    with a_stage(config=rules, calls_per_10s=UNLIMITED) as stage:
        client = redis.Redis.from_url(stage.valkey.url, decode_responses=True)
        live(client, reps=reps, years=years, today=datetime.now(UTC).date(), show=show)
        stage.sandbox.settings(latency_ms=LATENCY_MS, calls_per_10s=0)
        with listening(stage, ["-m", "router.web"]) as url, processes(stage, *OURS) as workers:
            address = f"{url}/webhooks/hubspot"
            blast(stage, address, WARM)
            before_s = sum(cpu_s_of(one.pid) for one in workers)
            figures = blast(stage, address, leads)
            cpu_s = sum(cpu_s_of(one.pid) for one in workers) - before_s
            health_ms = _health_ms(url)
        fields = client.hlen(Keys(PORTAL).book)
    return RoutingRate(reps, years, fields, figures.per_s, cpu_s / leads * 1e6, health_ms)


def live(
    client: redis.Redis, *, reps: int, years: int, today: date, show: Callable[[int], None] = lambda _: None
) -> None:
    """Give every rep a lead on each working day of the years before `today`, as the product commits it.

    The leads themselves are forgotten and recorded, as after three months: the book alone stays.
    """
    store, version = open_store(client, PORTAL), 0
    day = today - timedelta(days=365 * years)
    while (day := day + timedelta(days=1)) < today:
        if day.weekday() >= 5:
            continue
        decisions = [_a_decision(f"rep{number:03}", number, day) for number in range(reps)]
        now_ms = epoch_ms(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
        while isinstance(store.commits.commit(decisions, version=version, now_ms=now_ms), Outdated):
            version = store.commits.read_book()[1]
        version += 1
        show((today - day).days)
        if day.day == 1:
            _forget(client)
    _forget(client)


def _a_decision(rep: str, number: int, day: date) -> NewDecision:
    contact = f"{900_000_000_000 + day.toordinal() * 1_000 + number}"
    paid = {name: change for name, change in received(rep, day=day).items() if name != open_field(rep)}
    return NewDecision(contact, 0, f"{contact}-0-bench", "1", "", changes={}, paid=paid, record=b"{}")


def _forget(client: redis.Redis) -> None:
    names = list(client.scan_iter(match=Keys(PORTAL).lead("9*"), count=5_000))
    for start in range(0, len(names), 1_000):
        client.unlink(*names[start : start + 1_000])
    client.delete(Keys(PORTAL).outbox)


def _health_ms(url: str) -> float:
    """The fastest of ten looks at the health page."""
    took = []
    for _ in range(HEALTH_TIMES):
        began = time.monotonic()
        requests.get(f"{url}/health", timeout=30)
        took.append((time.monotonic() - began) * 1000)
    return min(took)
