"""Does anything grow while the fleet works at a steady pace?

    python -m bench.soak [--minutes 30] [--rate 50] [--waiting 5000] [--json soak.json]

The real receiver, workers, housekeeping and cron serve a sandbox portal (50 ms per call, 190 calls in ten
seconds) that announces new leads by signed webhooks, while other leads wait in a queue. Every minute prints
memory and handles, Valkey's memory with and without what the leads must cost, housekeeping's CPU, and how
long leads waited for their owner. At the end each line gets its slope per minute with its standard error,
and the verdict flat or grows. --json is written every minute: an abort (Ctrl-C) loses nothing and is judged.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, cast

import orjson
import redis
from rich.console import Console

from bench.growth.rules import write_rules
from bench.processes import PORTAL, Stage, a_stage, listening, processes
from bench.soak.lines import MB, as_json, drawn, lines_of
from bench.soak.samples import (
    Minute,
    percentile,
    process_sample,
    valkey_sample,
    waits_of,
)
from router.hubspot.webhooks.webhooks import FOLLOWED
from router.sandbox.http.client import SandboxClient
from router.store.keys import Keys

LATENCY_MS: Final = 50
CALLS_PER_10S: Final = 190
BEAT_S: Final = 0.1
SETTLED_S: Final = 5.0
"""Leads announced within this time before a sample may still be on their way, and count in the next one."""
PATIENCE_S: Final = 900.0
KINDS: Final = ("demo", "devis", "contenu")
EXAMPLE: Final = "Example: python -m bench.soak --minutes 2 --rate 20 --waiting 500"


@dataclass(slots=True)
class Feed:
    """Announces new leads at a steady pace from a thread of its own."""

    sandbox: SandboxClient
    rate: float
    lead: Callable[[int], dict[str, str]]
    announced: list[tuple[float, str]] = field(default_factory=list)
    """Moment (monotonic s) and contact id of each lead."""
    problem: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Announce until `end` is called; what a slow portal held up is caught up."""
        began, made = time.monotonic(), 0
        while not self._ended.wait(BEAT_S):
            owing = int((time.monotonic() - began) * self.rate) - made
            if owing <= 0:
                continue
            try:
                ids = self.sandbox.create_exactly([self.lead(made + one) for one in range(owing)])
            except Exception as error:  # noqa: BLE001 - the run ends with this as its problem
                self.problem = f"The portal took no lead: {error}"
                return
            made += owing
            self.announced += [(time.monotonic(), one) for one in ids]

    def end(self) -> None:
        """Announce no more."""
        self._ended.set()


def a_lead(number: int, **more: str) -> dict[str, str]:
    """A lead whom a team gets at once."""
    return {
        "email": f"lead{number}@entreprise{number % 977}.fr",
        "jobtitle": "Directeur commercial",
        "type_demande": KINDS[number % len(KINDS)],
        "country": "France",
    } | more


def main() -> None:
    """Run the soak, and judge it; exit code 1 if anything grows."""
    asked = options(sys.argv[1:])
    minutes: list[Minute] = []
    with (
        tempfile.TemporaryDirectory(prefix="lead-router-soak-") as name,
        contextlib.suppress(KeyboardInterrupt),
    ):
        rules = write_rules(Path(name) / "rules")
        with a_stage(config=rules, calls_per_10s=CALLS_PER_10S) as stage:
            soak(stage, asked, minutes)
    lines = lines_of(minutes)
    out = Console(width=80, highlight=False, markup=False, emoji=False)
    out.print(drawn(lines))
    if len(minutes) > 1:
        out.print(
            ", ".join(f"{name} {cost:.0f} µs" for name, cost in cpu_per_lead(minutes).items()), "CPU a lead"
        )
    raise SystemExit(1 if any(line.verdict == "grows" for line in lines) else 0)


def soak(stage: Stage, asked: argparse.Namespace, minutes: list[Minute]) -> None:
    """Fill the queue, then announce leads, and add a sample to `minutes` after each minute."""
    roles = [*(f"worker{number + 1}" for number in range(asked.workers)), "housekeeping", "cron"]
    commands = [["-m", "workers", name.rstrip("0123456789")] for name in roles]
    client = redis.Redis.from_url(stage.valkey.url, decode_responses=True)
    with listening(stage, ["-m", "router.web"]) as url, processes(stage, *commands) as started:
        pids = dict(zip(roles, (one.pid for one in started), strict=True))
        pids |= {"web": _pid_listening(url)}
        stage.sandbox.deliver(
            f"{url}/webhooks/hubspot",
            public_url=stage.environment["PUBLIC_WEBHOOK_URL"],
            properties=sorted(FOLLOWED),
            duplicates=0.0,
            enabled=True,
        )
        waiting = fill_queue(stage, client, asked.waiting)
        stage.sandbox.settings(latency_ms=LATENCY_MS, calls_per_10s=CALLS_PER_10S)
        feed = Feed(SandboxClient(stage.sandbox.base_url), asked.rate, a_lead)
        thread = threading.Thread(target=feed.run, daemon=True)
        thread.start()
        try:
            print(HEADINGS, flush=True)
            watch(stage, client, asked, minutes, pids=pids, feed=feed, waiting=waiting)
        finally:
            feed.end()
            thread.join(timeout=10)


def fill_queue(stage: Stage, client: redis.Redis, count: int) -> list[str]:
    """Ids of that many leads, which wait in the queue of a team. Raises TimeoutError."""
    ids: list[str] = []
    for start in range(0, count, 500):
        some = range(start, min(start + 500, count))
        ids += stage.sandbox.create_exactly([a_lead(one, type_demande="support") for one in some])
    ends_at = time.monotonic() + PATIENCE_S
    while (found := queued(client)) < count:
        if time.monotonic() > ends_at:
            raise TimeoutError(f"only {found} of {count} leads wait in the queue after {PATIENCE_S:.0f} s")
        time.sleep(0.5)
    return ids


def queued(client: redis.Redis) -> int:
    """Leads in the queues of all teams."""
    keys = Keys(PORTAL)
    teams = cast("set[str]", client.smembers(keys.queues))
    return sum(client.zcard(keys.queue(team)) for team in teams)


def watch(
    stage: Stage,
    client: redis.Redis,
    asked: argparse.Namespace,
    minutes: list[Minute],
    *,
    pids: Mapping[str, int],
    feed: Feed,
    waiting: Sequence[str],
) -> None:
    """Sample every minute; a process that ends, or a portal that fails, ends the run with a sentence."""
    began = last = time.monotonic()
    before = {name: process_sample(pid) for name, pid in pids.items()}
    looked_to = 0
    for number in range(1, asked.minutes + 1):
        time.sleep(max(0.0, began + number * 60 - time.monotonic()))
        if feed.problem:
            raise SystemExit(feed.problem)
        now = time.monotonic()
        until = sum(1 for at, _ in list(feed.announced) if at < now - SETTLED_S)
        some = [one for _, one in feed.announced[looked_to:until]]
        looked_to = until
        waits, unowned = waits_of(stage.sandbox, some)
        samples = {name: process_sample(pid) for name, pid in pids.items()}
        span_min = (now - last) / 60
        minute = Minute(
            at_min=(now - began) / 60,
            processes=samples,
            valkey=valkey_sample(client, Keys(PORTAL), [*waiting, *(one for _, one in list(feed.announced))]),
            outbox=client.xlen(Keys(PORTAL).outbox),
            inbox=client.xlen(Keys(PORTAL).inbox),
            waiting=queued(client),
            announced=len(feed.announced),
            p50_s=percentile(waits, 0.5),
            p99_s=percentile(waits, 0.99),
            unowned=unowned,
            cpu_s={name: (one.cpu_s - before[name].cpu_s) / span_min for name, one in samples.items()},
        )
        before, last = samples, now
        minutes.append(minute)
        print(told(minute), flush=True)
        save(asked.json, minutes)


def cpu_per_lead(minutes: Sequence[Minute]) -> Mapping[str, float]:
    """CPU per announced lead (µs) after the first minute: of all workers, and of each other process."""
    first, last = minutes[0], minutes[-1]
    leads = max(1, last.announced - first.announced)
    found: Counter[str] = Counter()
    for name, one in last.processes.items():
        role = "workers" if name.startswith("worker") else name
        found[role] += (one.cpu_s - first.processes[name].cpu_s) / leads * 1e6  # type: ignore[assignment]
    return dict(found)


HEADINGS: Final = (
    f"{'min':>4}{'leads':>7}{'RSS MB':>8}{'handles':>8}{'Valkey':>8}{'rest':>7}"
    f"{'hk CPU':>8}{'outbox':>7}{'queue':>7}{'p50 s':>7}{'p99 s':>7}"
)


def told(one: Minute) -> str:
    """A minute as a line of the table: memory and handles of all processes together, Valkey's in MB."""
    rss_mb = sum(process.rss_kb for process in one.processes.values()) / 1024
    handles = sum(process.handles for process in one.processes.values())
    return (
        f"{one.at_min:>4.0f}{one.announced:>7}{rss_mb:>8.1f}{handles:>8}{one.valkey.used / MB:>8.1f}"
        f"{one.valkey.rest / MB:>7.1f}{one.cpu_s['housekeeping']:>8.2f}{one.outbox:>7}{one.waiting:>7}"
        f"{one.p50_s:>7.3f}{one.p99_s:>7.3f}"
    )


def save(file: Path | None, minutes: Sequence[Minute]) -> None:
    """Write minutes and lines, so that an abort loses none."""
    if file is not None:
        found = {
            "minutes": [asdict(one) | {"valkey_rest": one.valkey.rest} for one in minutes],
            "lines": as_json(lines_of(minutes)),
        }
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
        unfinished.replace(file)


def _pid_listening(url: str) -> int:
    """The process of ours that listens on the URL's port."""
    port = int(url.rsplit(":", 1)[1])
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
            return _pid_of_socket(fields[9])
    raise LookupError(f"Nobody listens on port {port}.")


def _pid_of_socket(inode: str) -> int:
    for handle in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if handle.readlink().name == f"socket:[{inode}]":
                return int(handle.parts[2])
    raise LookupError(f"No process has the socket {inode}.")


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; a mistake is a sentence and exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=_number, default=30, metavar="N", help="samples, one a minute (30)")
    parser.add_argument(
        "--rate", type=_number, default=50, metavar="N", help="leads announced per second (50)"
    )
    parser.add_argument("--waiting", type=_number, default=5_000, metavar="N", help="leads in a queue (5000)")
    parser.add_argument("--workers", type=_number, default=2, metavar="N", help="worker processes (2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every minute there, as it comes")
    return parser.parse_args(arguments)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number above 0.")
    return int(text)


if __name__ == "__main__":
    main()
