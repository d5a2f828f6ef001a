"""What do 100,000 property changes that matter to no lead cost, and do new leads wait for them?

    python -m bench.soak.property_flood [--events 100000] [--seconds 60] [--rate 10]

The real receiver, workers, housekeeping and cron serve a sandbox portal (50 ms per call) with `settle` on.
New leads come at a steady rate, first in quiet, then while signed deliveries of 100 property changes come in:
of a property that no rule reads, of one that the rules read on contacts that we do not know, and by an
import on leads of ours. Printed are p50 and p99 of the leads' waits in both, and HubSpot calls per lead.
Exit code 1 if a change causes a call, or if p99 more than doubles.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bench.growth.rules import write_rules
from bench.processes import PORTAL, Stage, a_stage, listening, processes
from bench.soak.__main__ import CALLS_PER_10S, LATENCY_MS, Feed, a_lead
from bench.soak.samples import percentile, waits_of
from router.hubspot.webhooks.webhooks import FOLLOWED
from router.sandbox.delivery.webhooks import signed_headers
from router.sandbox.http.client import SandboxClient

PER_DELIVERY: Final = 100
SETTLE: Final = "\nsettle: {wait: 20s, quiet: 6s, revise: 15min, never_late: ['*']}\n"
"""Leads can be revised, and none of these waits: their waits are those of the receiver and the workers."""
SETTLED_S: Final = 15.0
"""Seconds until the last leads have their owner, and until what a change might cause was done."""
EXAMPLE: Final = "Example: python -m bench.soak.property_flood --events 10000 --seconds 10"


@dataclass(frozen=True, slots=True)
class Span:
    """Leads of a span: how many, their waits (seconds), HubSpot calls per lead."""

    leads: int
    p50_s: float
    p99_s: float
    calls_per_lead: float


def main() -> None:
    """Measure both spans; exit code 1 if the flood costs what it must not."""
    asked = _options(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="lead-router-flood-") as name:
        rules = write_rules(Path(name) / "rules")
        routing = rules / "routing.yaml"
        routing.write_text(routing.read_text() + SETTLE)
        with a_stage(config=rules, calls_per_10s=CALLS_PER_10S) as stage:
            quiet, flooded, took_s = _both(stage, asked)
    for title, span in (("quiet", quiet), ("flood", flooded)):
        waits = f"p50 {span.p50_s * 1000:>5.0f} ms   p99 {span.p99_s * 1000:>5.0f} ms"
        print(f"{title:<8}{span.leads:>6} leads   {waits}   {span.calls_per_lead:.2f} calls a lead")
    print(f"{asked.events} property changes in {took_s:.1f} s ({asked.events / took_s:.0f}/s)")
    worse = flooded.p99_s > 2 * quiet.p99_s
    calls = flooded.calls_per_lead > quiet.calls_per_lead * 1.1
    print(
        f"p99 {flooded.p99_s / quiet.p99_s:.2f} times that of quiet; {'more' if calls else 'no more'} calls"
    )
    raise SystemExit(1 if worse or calls else 0)


def _both(stage: Stage, asked: argparse.Namespace) -> tuple[Span, Span, float]:
    roles = [["-m", "workers", role] for role in ("worker", "worker", "housekeeping", "cron")]
    with listening(stage, ["-m", "router.web"]) as url, processes(stage, *roles):
        stage.sandbox.deliver(
            f"{url}/webhooks/hubspot",
            public_url=stage.environment["PUBLIC_WEBHOOK_URL"],
            properties=sorted(FOLLOWED),
            duplicates=0.0,
            enabled=True,
        )
        stage.sandbox.settings(latency_ms=LATENCY_MS, calls_per_10s=CALLS_PER_10S)
        known, _ = _leads_for(stage, asked.rate, seconds=5)
        _, quiet = _leads_for(stage, asked.rate, seconds=asked.seconds)
        posting = _Posting(stage, url, [one for _, one in known], events=asked.events, seconds=asked.seconds)
        posting.start()
        _, flooded = _leads_for(stage, asked.rate, seconds=asked.seconds)
        posting.join()
    if posting.problem:
        raise SystemExit(posting.problem)
    return quiet, flooded, posting.took_s


def _leads_for(stage: Stage, rate: float, *, seconds: float) -> tuple[list[tuple[float, str]], Span]:
    before = stage.sandbox.calls()["total"]
    feed = Feed(SandboxClient(stage.sandbox.base_url), rate, _a_certain_lead)
    thread = threading.Thread(target=feed.run, daemon=True)
    thread.start()
    time.sleep(seconds)
    feed.end()
    thread.join(timeout=10)
    time.sleep(SETTLED_S)
    waits, _ = waits_of(stage.sandbox, [one for _, one in feed.announced])
    leads = max(1, len(feed.announced))
    calls = (stage.sandbox.calls()["total"] - before) / leads
    return feed.announced, Span(leads, percentile(waits, 0.5), percentile(waits, 0.99), calls)


def _a_certain_lead(number: int) -> dict[str, str]:
    """A lead for whom nothing is open: free mail is nobody's company."""
    return a_lead(number, email=f"lead{number}@gmail.com")


class _Posting(threading.Thread):
    """Posts the deliveries, evenly over the seconds."""

    def __init__(self, stage: Stage, url: str, known: Sequence[str], *, events: int, seconds: float) -> None:
        super().__init__(daemon=True)
        self.took_s = seconds
        self.problem = ""
        self._secret, self._public = stage.sandbox.client_secret, stage.environment["PUBLIC_WEBHOOK_URL"]
        self._url, self._bodies, self._seconds = url, list(_bodies(known, events)), seconds

    def run(self) -> None:
        """Post them all; a refused one ends it with a sentence."""
        place = urlsplit(self._url)
        connection = HTTPConnection(place.hostname or "", place.port, timeout=10)
        began = time.monotonic()
        for number, body in enumerate(self._bodies):
            time.sleep(max(0.0, began + number * self._seconds / len(self._bodies) - time.monotonic()))
            headers = signed_headers(body, secret=self._secret, url=self._public)
            connection.request(
                "POST", "/webhooks/hubspot", body, {"Content-Type": "application/json", **headers}
            )
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                self.problem = f"A delivery of the flood got {answer.status}."
                return
        self.took_s = time.monotonic() - began


def _bodies(known: Sequence[str], events: int) -> Iterator[bytes]:
    for start in range(0, events, PER_DELIVERY):
        some = range(start, min(events, start + PER_DELIVERY))
        yield json.dumps([_event(one, known[one % len(known)]) for one in some]).encode()


def _event(number: int, ours: str) -> dict[str, Any]:
    """One of three kinds of change, none of which matters to a lead."""
    event: dict[str, Any] = {
        "eventId": number,
        "portalId": int(PORTAL),
        "occurredAt": int(time.time() * 1000),
        "subscriptionType": "contact.propertyChange",
        "objectId": int(ours),
        "propertyValue": "x",
        "changeSource": "CRM_UI",
    }
    match number % 3:
        case 0:
            return event | {"propertyName": "favourite_colour"}
        case 1:
            return event | {"propertyName": "country", "objectId": 900_000_000_000 + number}
        case _:
            return event | {"propertyName": "country", "changeSource": "IMPORT"}


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak.property_flood",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--events", type=int, default=100_000, metavar="N", help="property changes (100000)")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="length of each span (60)")
    parser.add_argument("--rate", type=int, default=10, metavar="N", help="new leads per second (10)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
