"""What does a night cost at HubSpot's limits, and do new leads notice it?

    python -m bench.housekeeping.night [--contacts 100000] [--missed 0.02] [--quick]

A toy portal with 100,000 contacts, of which 2 % have no owner and were never announced, allows 5
searches a second and 190 calls in ten seconds, and takes 50 ms per call. The night finds the missed
ones, has them routed by two worker processes, looks at their owners' history and compares ledger and
portal; every call is counted. Days later nobody has worked on those leads, and a whole night gives them
to other reps. Then new leads come one by one, about four a second: first in a quiet night, then while
the night works on six times as many missed contacts.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from bench.processes import Stage, a_stage, copy_rules, listening, processes
from router.bootstrap import ProcessContext, open_context
from router.routing.outbox.record import record_outbox
from router.routing.recovery.repair import repair
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.settings import read_settings
from router.store.budget.budget import SAFETY, SEARCH_SAFETY, SHARE_OF_WINDOW
from workers import nightly_run
from workers.reconciling import is_unfinished, look_back

LATENCY_MS = 50
CALLS_PER_10S = 190
SEARCHES_PER_S = 5
WORKERS = [["-m", "workers", "worker"]] * 2
PAGE, BATCH, HISTORIES = 200, 100, 50
CHUNK = 5_000
PATIENCE_S = 600.0
A_NIGHT = 1_000_000
OVERDUE_AFTER = timedelta(days=9)
"""The SLA is four working hours, and two days more make a night move a lead; at noon it has begun."""
MOVES = """
night:
  reassign_when_overdue: 2d
  max_reassignments_per_night: {count: 100000, share: 100%}
"""


@dataclass(frozen=True)
class Calls:
    """Calls of a night, by kind."""

    searches: int = 0
    reads: int = 0
    updates: int = 0

    def __sub__(self, before: Calls) -> Calls:
        return Calls(
            self.searches - before.searches, self.reads - before.reads, self.updates - before.updates
        )


def calls_of(sandbox: SandboxClient) -> Calls:
    """The calls that were made so far."""
    made = {name: sum(times.values()) for name, times in sandbox.calls()["endpoints"].items()}

    def of(kind: str) -> int:
        return sum(times for name, times in made.items() if name.endswith(kind))

    return Calls(searches=of("/search"), reads=of("batch/read"), updates=of("batch/update"))


def fill(sandbox: SandboxClient, *, contacts: int, missed: int) -> None:
    """Contacts that nobody announces; every n-th has no owner."""
    every = contacts // missed
    for start in range(0, contacts, CHUNK):
        some = range(start, min(start + CHUNK, contacts))
        sandbox.create_exactly([_a_contact(number, every=every) for number in some], announce=False)


def _a_contact(number: int, *, every: int = 1) -> dict[str, str]:
    return {
        "email": f"contact{number}@entreprise{number % 977}.fr",
        "jobtitle": ("Directeur commercial", "Responsable RH", "Comptable")[number % 3],
        "type_demande": ("demo", "devis", "contenu")[number % 3],
        "country": ("France", "FR", "france", "Allemagne")[number % 4],
        **({} if number % every == 0 else {"hubspot_owner_id": "71480101"}),
    }


def look(context: ProcessContext) -> int:
    """What `night` does every quarter of an hour, to its end; how many were found."""
    found = look_back(context)
    while is_unfinished(context.services):
        found += look_back(context)
    return found


@contextmanager
def housekeeping(context: ProcessContext) -> Iterator[None]:
    """Histories and ledger, as the `night` process keeps them."""
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(0.5):
            record_outbox(context.services)
            while not ended.is_set() and verify_owners(context.services).looked_at:
                pass

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


def await_quiet(context: ProcessContext) -> None:
    """Return when nothing waits in inbox, outbox or on the list of histories."""
    services, ends_at = context.services, time.monotonic() + PATIENCE_S
    client = context.queue_client
    while time.monotonic() < ends_at:
        waiting = (
            client.xlen(services.store.keys.inbox)
            + client.xlen(services.store.keys.inbox_low)
            + services.store.outbox.length()
        )
        if not waiting and not client.zcard(services.store.keys.verify):
            return
        time.sleep(0.2)
    raise TimeoutError(f"{waiting} entries still wait after {PATIENCE_S:.0f} s")


def count_calls(context: ProcessContext, sandbox: SandboxClient, *, missed: int) -> None:
    """Find and route what was missed, then compare; print calls against the bound, and the projection."""
    before, began = calls_of(sandbox), time.monotonic()
    found = look(context)
    searched_s = time.monotonic() - began
    await_quiet(context)
    took_s = time.monotonic() - began
    made = calls_of(sandbox) - before
    now = context.services.clock()
    compared = repair(context.services, since=now - timedelta(days=1), until=now + timedelta(seconds=1))
    while compared.after:
        step = repair(
            context.services,
            since=now - timedelta(days=1),
            until=now + timedelta(seconds=1),
            after=compared.after,
        )
        compared = replace(step, compared=compared.compared + step.compared)
    comparing = calls_of(sandbox) - before
    batches = math.ceil(missed / BATCH)
    histories = math.ceil(missed / HISTORIES)
    print(f"found {found} of {missed}; searched in {searched_s:.1f} s, all written after {took_s:.1f} s")
    print(f"{'':<22}{'calls':>8}{'bound':>8}")
    print(f"{'searches':<22}{made.searches:>8}{math.ceil(missed / PAGE):>8}")
    print(f"{'batch reads':<22}{made.reads:>8}{batches + histories:>8}   (leads, and histories by 50)")
    print(f"{'batch updates':<22}{made.updates:>8}{batches:>8}")
    print(f"{'comparing (reads)':<22}{comparing.reads - made.reads:>8}{batches:>8}", flush=True)
    for share in (0.02, 1.0):
        _project(share)


def _project(share: float) -> None:
    hits = A_NIGHT * share
    searches_s = hits / PAGE / max(1, int(SEARCHES_PER_S * SEARCH_SAFETY))
    calls = 2 * hits / BATCH + hits / HISTORIES + hits / BATCH
    sweep_per_s = CALLS_PER_10S * SAFETY * SHARE_OF_WINDOW["sweep"] / 100 / 10
    minutes = max(searches_s, calls / sweep_per_s) / 60
    print(
        f"{A_NIGHT:,} contacts, {share:.0%} missed: {hits / PAGE:,.0f} searches, {calls:,.0f} calls, "
        f"{minutes:.0f} min",
        flush=True,
    )


def move_overdue(context: ProcessContext, sandbox: SandboxClient, *, overdue: int) -> None:
    """A whole night in which the leads routed before are overdue; print its calls, and how many moved."""
    before, began = calls_of(sandbox), time.monotonic()
    while nightly_run.is_due(context.services):
        nightly_run.take_step(context)
    await_quiet(context)
    took_s = time.monotonic() - began
    made = calls_of(sandbox) - before
    report = context.services.ledger.nights.of(context.services.ledger.nights.days()[0])
    batches, histories = math.ceil(overdue / BATCH), math.ceil(overdue / HISTORIES)
    print(f"a night with {overdue} overdue leads: {report.outcomes if report else {}} in {took_s:.1f} s")
    print(f"{'searches':<22}{made.searches:>8}")
    print(
        f"{'batch reads':<22}{made.reads:>8}{4 * batches + 2 * histories:>8}   (followed, planned, read "
        "again, routed; and histories twice)"
    )
    print(f"{'batch updates':<22}{made.updates:>8}{batches:>8}", flush=True)


def trickle(stage: Stage, count: int, *, first: int) -> list[float]:
    """Announce leads one by one, about four a second; seconds from each announcement to its owner."""
    sandbox, chance = stage.sandbox, random.Random(7)
    ids: list[str] = []
    for number in range(first, first + count):
        ids += sandbox.create_exactly([_a_contact(number)])
        time.sleep(chance.expovariate(4))
    ends_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_at:
        told = sandbox.contacts(*ids, brief=True)
        if all(one["owned_at"] for one in told):
            return sorted((one["owned_at"] - one["announced_at"]) / 1000 for one in told)
        time.sleep(0.5)
    raise TimeoutError(f"some of {count} leads have no owner after {PATIENCE_S:.0f} s")


def compare_latency(stage: Stage, context: ProcessContext, url: str, *, leads: int, missed: int) -> None:
    """New leads in a quiet night, and while the night works on `missed` contacts."""
    sandbox = stage.sandbox
    sandbox.deliver(
        f"{url}/webhooks/hubspot",
        public_url=stage.environment["PUBLIC_WEBHOOK_URL"],
        duplicates=0.0,
        enabled=True,
    )
    trickle(stage, 20, first=2_000_000)  # warm
    quiet = trickle(stage, leads, first=3_000_000)
    fill_from = 4_000_000
    for start in range(0, missed, CHUNK):
        some = range(fill_from + start, fill_from + min(start + CHUNK, missed))
        sandbox.create_exactly([_a_contact(number) for number in some], announce=False)
    working = threading.Thread(target=look, args=(context,))
    working.start()
    time.sleep(2)
    busy = trickle(stage, leads, first=5_000_000)
    left = context.queue_client.xlen(context.services.store.keys.inbox_low)
    working.join()
    await_quiet(context)
    print(f"{'new leads, one by one':<34}{'p50 s':>8}{'p99 s':>8}")
    for name, waits in (("a quiet night", quiet), (f"while {missed} are worked off", busy)):
        print(f"{name:<34}{_quantile(waits, 0.5):>8.3f}{_quantile(waits, 0.99):>8.3f}")
    ratio = _quantile(busy, 0.99) / _quantile(quiet, 0.99)
    still = "the night was still at work" if left else "the night had ended before the last of them"
    print(f"p99 {ratio:.2f} times that of a quiet night ({still}: {left} waited)", flush=True)


def _quantile(waits: list[float], part: float) -> float:
    return waits[min(len(waits) - 1, int(len(waits) * part))]


def main() -> None:
    """Run both parts and print what they cost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--missed", type=float, default=0.02, help="share of contacts that nobody announced")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: to see that it runs")
    asked = parser.parse_args()
    size = 10 if asked.quick else 1
    contacts = asked.contacts // size
    missed = int(contacts * asked.missed)
    with tempfile.TemporaryDirectory() as name:
        config = copy_rules(Path(__file__).parents[1] / "rules", Path(name) / "config")
        with (config / "routing.yaml").open("a", encoding="utf-8") as routing:
            routing.write(MOVES)
        with a_stage(config=config, calls_per_10s=CALLS_PER_10S) as stage:
            stage.environment["HUBSPOT_SEARCHES_PER_S"] = str(SEARCHES_PER_S)
            names = {name: value for name, value in stage.environment.items() if name not in os.environ}
            context = open_context(read_settings({**stage.environment, **names}), role="housekeeping")
            services = context.services
            services.store.inbox.open()
            services.rules.refresh()
            context.services.store.nights.born(services.clock() - timedelta(hours=1))
            services.people.owners.refresh()
            look(context)  # the first look makes a new Redis whole
            began = time.monotonic()
            fill(stage.sandbox, contacts=contacts, missed=missed)
            print(f"{contacts:,} contacts created in {time.monotonic() - began:.0f} s", flush=True)
            stage.sandbox.settings(
                latency_ms=LATENCY_MS, calls_per_10s=CALLS_PER_10S, searches_per_s=SEARCHES_PER_S
            )
            later = timedelta(minutes=10)  # no webhook is waited for any more, no write is on its way
            ahead = replace(context, services=replace(services, clock=lambda: services.clock() + later))
            with (
                listening(stage, ["-m", "router.web"]) as url,
                processes(stage, *WORKERS),
                housekeeping(context),
            ):
                count_calls(ahead, stage.sandbox, missed=missed)
                noon = (services.clock() + OVERDUE_AFTER).replace(hour=11)
                span = noon - services.clock()
                days_later = replace(
                    context, services=replace(services, clock=lambda: services.clock() + span)
                )
                move_overdue(days_later, stage.sandbox, overdue=missed)
                compare_latency(stage, ahead, url, leads=120 // size, missed=6 * missed)


if __name__ == "__main__":
    main()
