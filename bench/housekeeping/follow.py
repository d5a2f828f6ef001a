"""How soon is it seen what people do in HubSpot, and do new leads notice?

    python -m bench.housekeeping.follow [--leads 2000] [--edits 40]

A toy portal (50 ms per call, 190 calls in ten seconds) sends property changes as HubSpot does, to the
real receiver, worker, night and cron processes. People close leads one by one: the time until the rep's
open leads are one fewer. Then they close hundreds at once, while new leads come about four a second. At
last the night looks at every lead that was given.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import redis

from bench.housekeeping.night import trickle
from bench.processes import PORTAL, Stage, a_stage, copy_rules, listening, processes
from router.bootstrap import open_context
from router.hubspot.webhooks.webhooks import FOLLOWED
from router.routing.followup.follow import follow_up_step
from router.settings import read_settings
from router.store.keys import Keys

LATENCY_MS = 50
CALLS_PER_10S = 190
PATIENCE_S = 300.0
KEYS = Keys(PORTAL)


def until(true: Callable[[], bool], *, look_s: float = 0.02) -> float:
    """Seconds until it is true."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > PATIENCE_S:
            raise TimeoutError(f"not so after {PATIENCE_S:.0f} s")
        time.sleep(look_s)
    return time.monotonic() - began


def given(stage: Stage, client: redis.Redis, count: int) -> list[str]:
    """Leads that reps have, their owners verified."""
    ids = stage.sandbox.create_exactly([a_contact(number) for number in range(count)])
    until(lambda: all(state == "done" for state in _fields(client, ids, "st")), look_s=0.5)
    return ids


def a_contact(number: int) -> dict[str, str]:
    return {
        "email": f"lead{number}@entreprise{number % 977}.fr",
        "jobtitle": "Directeur commercial",
        "type_demande": "demo",
        "country": "France",
    }


def _fields(client: redis.Redis, ids: Sequence[str], field: str) -> list[str | None]:
    with client.pipeline(transaction=False) as pipeline:
        for one in ids:
            pipeline.hget(KEYS.lead(one), field)
        return list(pipeline.execute())


def close(stage: Stage, ids: Sequence[str]) -> None:
    for one in ids:
        stage.sandbox.edit_by_hand(one, status="UNQUALIFIED")


def are_closed(client: redis.Redis, ids: Sequence[str]) -> bool:
    """Whether these leads count as open with nobody."""
    return not any(_fields(client, ids, "op"))


def percentile(values: Sequence[float], share: float) -> float:
    ascending = sorted(values)
    return ascending[math.ceil(share * len(ascending)) - 1]


def tell(name: str, seconds: Sequence[float]) -> None:
    print(
        f"{name:<34}p50 {percentile(seconds, 0.5):6.2f} s   p99 {percentile(seconds, 0.99):6.2f} s",
        flush=True,
    )


def run(stage: Stage, *, leads: int, edits: int) -> None:
    client = redis.Redis.from_url(stage.valkey.url, decode_responses=True)
    ids = given(stage, client, leads)
    echoes = int(client.hget(KEYS.counts, "events_changed") or 0)
    print(f"{leads} leads given; {echoes} of their own changes made work", flush=True)

    singles, burst = ids[:edits], ids[edits : edits + leads // 4]
    seen = []
    for one in singles:
        time.sleep(random.Random(one).uniform(0, 1))
        close(stage, [one])
        seen.append(until(lambda now=one: are_closed(client, [now])))  # type: ignore[misc]
    tell("a lead is closed, room is made", seen)

    quiet = trickle(stage, 40, first=1_000_000)
    before, began = stage.sandbox.calls()["total"], time.monotonic()
    close(stage, burst)
    busy = trickle(stage, 40, first=2_000_000)
    until(lambda: are_closed(client, burst))
    took_s, calls = time.monotonic() - began, stage.sandbox.calls()["total"] - before
    tell("a new lead meanwhile", busy)
    tell("a new lead in quiet times", quiet)
    print(f"{len(burst)} closed at once: {took_s:.1f} s and {calls} calls, new leads included", flush=True)


def at_night(stage: Stage) -> None:
    """The night's look at every lead, when nothing has changed since the last one."""
    for name, value in stage.environment.items():
        os.environ[name] = value
    context = open_context(read_settings(), role="housekeeping")
    context.services.rules.refresh()
    for nights in ("first night", "a night on which nothing changed"):
        before, calls, began = context.services.clock(), _calls(stage), time.monotonic()
        looked_at, after, is_over = 0, "", False
        while not is_over:
            step = follow_up_step(context.services, before=before, after=after)
            looked_at, after, is_over = looked_at + step.looked_at, step.after, not step.after
        took_s = time.monotonic() - began
        print(f"{nights}: {looked_at} leads, {_calls(stage) - calls} calls, {took_s:.1f} s", flush=True)


def _calls(stage: Stage) -> int:
    return int(stage.sandbox.calls()["total"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--leads", type=int, default=2_000)
    parser.add_argument("--edits", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lead-router-rules-") as name:
        rules = copy_rules(Path(__file__).parents[1] / "rules", Path(name) / "config")
        with a_stage(config=rules, calls_per_10s=CALLS_PER_10S) as stage:
            stage.sandbox.settings(latency_ms=LATENCY_MS, calls_per_10s=CALLS_PER_10S)
            roles = [["-m", "workers", role] for role in ("worker", "housekeeping", "cron")]
            with listening(stage, ["-m", "router.web"]) as url, processes(stage, *roles):
                stage.sandbox.deliver(
                    f"{url}/webhooks/hubspot",
                    public_url=stage.environment["PUBLIC_WEBHOOK_URL"],
                    properties=sorted(FOLLOWED),
                )
                run(stage, leads=asked.leads, edits=asked.edits)
            at_night(stage)


if __name__ == "__main__":
    main()
