"""Do two hosts that share nothing but Redis give every lead one owner, and everybody their share?

    python -m bench.two_hosts [--leads 20000] [--one-network]

Where the machine permits (Linux, root), each host is a network namespace that sees Redis and the portal and
not the other host; else, and with --one-network, the hosts are groups of processes, and the bench says so.

Each host has its own directory, copy of the rules, ledger, receiver and four workers; half of the webhooks
go to each, a tenth of them twice. One drain at a time is all that a portal needs, so the bench wakes every
worker again and again: the hardest case, eight processes that decide against one book of shares. Judged by
the portal alone: owners, every write, and shares by weight.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import cast

import redis

from bench.network import SHARED, Host, carried, why_not
from bench.network import hosts as network
from bench.processes import PORTAL, Stage, a_stage, copy_rules, listening, processes
from router.store.clients import queue_client
from router.store.keys import Keys
from router.wakeups import WakeUps, leads_queue
from tests.world.checker import check

RULES = Path(__file__).parents[1] / "tests" / "world" / "rules" / "small"
NAMES = ("north", "south")
WORKERS = 4
BOUND = 2
"""Leads that a share may be off."""
PATIENCE_S = 300.0
WEIGHTS = {"71480101": 2, "71480102": 1, "71480103": 1}
"""By owner id: camille, hugo and lea of the rules, the one team of these leads."""
LEAD = {"jobtitle": "Directeur", "type_demande": "demo", "country": "France"}


def a_host(stage: Stage, name: str, host: Host | None) -> Stage:
    """A host of its own on the stage: only Redis and the portal are the same."""
    directory = stage.directory / name
    directory.mkdir()
    config = copy_rules(RULES, directory / "config")
    own = {"CONFIG_DIR": str(config), "VAR_DIR": str(directory / "var")}
    if host is None:
        return replace(stage, directory=directory, environment=stage.environment | own)
    environment = stage.environment | own | {"HOST": host.address}
    return replace(stage, directory=directory, environment=environment, prefix=host.prefix)


def prove_apart(found: Sequence[Host], urls: Sequence[str]) -> None:
    """Each host reaches its own receiver and not the other one's; exits if the network is not like that."""
    ports = [int(url.rsplit(":", 1)[1]) for url in urls]
    for here, other in ((0, 1), (1, 0)):
        own = found[here].reaches(found[here].address, ports[here])
        if not own or found[here].reaches(found[other].address, ports[other]):
            sys.exit(f"{found[here].name} is not on a network of its own.")


class Alarm:
    """Wakes all workers of all hosts until it is stopped, and notes how many were at work at once."""

    def __init__(self, stage: Stage) -> None:
        self._client = redis.Redis.from_url(stage.valkey.url)
        self._wakes = WakeUps(queue_client(stage.valkey.url), PORTAL)
        self._stopped = threading.Event()
        self.most = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """Wake nobody any more."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(0.05):
            at_work = self._client.zcard(Keys(PORTAL).drains)
            self.most = max(self.most, at_work)
            if self._client.llen(f"rq:queue:{leads_queue(PORTAL)}") == 0:
                for _ in range(2 * WORKERS - at_work):
                    self._wakes.drain()


def deal(stage: Stage, urls: list[str], *, leads: int) -> tuple[list[str], float]:
    """Half of the leads through each receiver, a tenth twice; ids, and seconds until all have owners."""
    began, ids = time.monotonic(), []
    for url, count in zip(urls, (leads // 2, leads - leads // 2), strict=True):
        ids += stage.sandbox.create_exactly([LEAD | {"email": f"c{n}@acier.fr"} for n in range(count)])
        stage.sandbox.deliver(
            f"{url}/webhooks/hubspot",
            public_url=stage.environment["PUBLIC_WEBHOOK_URL"],
            batch_min=20,
            batch_max=100,
            duplicates=0.1,
            enabled=True,
        )
        while stage.sandbox.deliveries()["waiting"]:
            time.sleep(0.2)
    ends_at = time.monotonic() + PATIENCE_S
    while any(not one["owner"] for one in stage.sandbox.contacts(brief=True)):
        if time.monotonic() > ends_at:
            sys.exit(f"Some leads have no owner after {PATIENCE_S:.0f} s.")
        time.sleep(0.5)
    return ids, time.monotonic() - began


def lines_of(host: Stage, event: str) -> int:
    """How often the host's workers logged this."""
    words = f'"{event}"'.encode()
    return sum(log.read_bytes().count(words) for log in host.directory.glob("*worker.log"))


def main() -> None:
    """Run, wait, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--one-network", action="store_true", help="without network namespaces")
    asked = parser.parse_args()
    leads = asked.leads
    why = "asked for" if asked.one_network else why_not()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as running:
        config = copy_rules(RULES, Path(name) / "config")
        found = running.enter_context(network(*NAMES)) if why is None else []
        address = SHARED if found else ""
        stage = running.enter_context(a_stage(config=config, calls_per_10s=10_000, address=address))
        stage.sandbox.settings(latency_ms=50)
        hosts = [a_host(stage, name, host) for name, host in zip_longest(NAMES, found)]
        urls = [running.enter_context(listening(host, ["-m", "router.web"])) for host in hosts]
        if found:
            prove_apart(found, urls)
            portal_port = int(stage.sandbox.base_url.rsplit(":", 1)[1])
            running.enter_context(carried(found, port=portal_port))
        for host in hosts:
            running.enter_context(processes(host, *[["-m", "workers", "worker"]] * WORKERS))
        while sum(lines_of(host, "process.started") for host in hosts) < 2 * WORKERS:
            time.sleep(0.05)
        alarm = Alarm(stage)
        running.callback(alarm.stop)
        ids, took_s = deal(stage, urls, leads=leads)
        alarm.stop()
        verdict = check(stage.sandbox, ids, weights=WEIGHTS)
        redis_client = redis.Redis.from_url(stage.valkey.url, decode_responses=True)
        book = cast("dict[str, str]", redis_client.hgetall(Keys(PORTAL).book))
        counts = Counter(one["owner"] for one in stage.sandbox.contacts(brief=True))
        by_host = [lines_of(host, "lead.written") for host in hosts]
    credits_sum = sum(int(value) for field, value in book.items() if field.startswith("credit:"))
    print("each host in a network namespace of its own" if why is None else f"one network: {why}")
    print(f"leads {leads}, two hosts of {WORKERS} workers, {took_s:.1f} s ({leads / took_s:.0f} leads/s)")
    print(f"written by north {by_host[0]}, by south {by_host[1]}; at most {alarm.most} workers at once")
    print(f"without an owner {len(verdict.lost)}, written with two owners {len(verdict.two_owners)}")
    print("received " + ", ".join(f"{owner}: {counts[owner]} (weight {w})" for owner, w in WEIGHTS.items()))
    print(f"furthest from the fair share: {float(verdict.deviation):.2f} leads; credits sum to {credits_sum}")
    if not verdict.sound or verdict.deviation > BOUND or credits_sum != 0:
        sys.exit("This is not what was promised.")


if __name__ == "__main__":
    main()
