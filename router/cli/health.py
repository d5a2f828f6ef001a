"""`router health`: the health of the service, as /health reports it, for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import click
import redis
from rich.text import Text

from router.cli.shared.context import settings_here
from router.cli.shared.formatting import count_of, local_time, print_json
from router.cli.shared.screen import screen, table
from router.store.clients import redis_url, text_client
from router.store.health.vitals import Backlog, Vitals, VitalsReading, problems, warnings
from router.store.keys import Keys


@click.command(epilog="Example: router health")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, like GET /health.")
def health(as_json: bool) -> None:
    """Say how the service is doing, and what to do about it.

    Looks at Redis directly, so it answers when the web process does not. Exit code 1 if leads do not
    reach their reps.
    """
    settings = settings_here()
    vitals = Vitals(text_client(redis_url(settings)), Keys(settings.hubspot_portal_id))
    try:
        reading = vitals.read()
    except redis.RedisError as error:
        if as_json:
            print_json({"status": "unwell", "redis": "down", "problems": [str(error)]})
            raise SystemExit(1) from error
        raise
    found = problems(reading)
    if as_json:
        print_json(
            {
                "status": "unwell" if found else "well",
                "redis": "up",
                "problems": found,
                "warnings": warnings(reading),
                **dataclasses.asdict(reading),
            }
        )
    else:
        _show(reading)
    raise SystemExit(1 if found else 0)


def _show(reading: VitalsReading) -> None:
    out = screen()
    found = problems(reading)
    out.print(Text("Unwell", "bold red") if found else Text("Well", "bold green"))
    for sentence in found:
        out.print(Text.assemble(("  ✗ ", "red"), sentence))
    for sentence in warnings(reading):
        out.print(Text.assemble(("  ! ", "yellow"), sentence))
    out.print()
    out.print(table("what", "now", rows=_facts(reading)))
    out.print()
    rows = [
        (one.process, f"{(reading.at - one.at).total_seconds():.0f} s ago", one.did)
        for one in reading.progress
    ]
    if rows:
        out.print(table("process", "last seen", "doing", rows=rows))
    else:
        out.print("No process has made progress within a day. Start them: router up")


def _facts(reading: VitalsReading) -> Iterator[tuple[str, str]]:
    yield "leads waiting", _backlog(reading.inbox)
    yield "leads waiting, low priority", _backlog(reading.low)
    yield "leads parked", f"{reading.parked}" + (" (see: router parked)" if reading.parked else "")
    if reading.parked_by_outage:
        yield "leads parked by an outage", f"{reading.parked_by_outage} (they go on by themselves)"
    yield "leads overdue", f"{reading.overdue}" + (" (see: router overdue)" if reading.overdue else "")
    yield "erasures asked for", str(reading.erasures)
    yield "leads changed in HubSpot, to look at", str(reading.changed)
    yield "lines on their way to the ledger", str(reading.outbox)
    since = f", since {local_time(reading.rules_loaded_at)}" if reading.rules_loaded_at else ""
    yield (
        "rules",
        f"revision {reading.rules_revision}{since}" if reading.rules_revision else "none are live yet",
    )
    if reading.pause:
        yield "HubSpot calls", f"paused until {local_time(reading.pause.until)}: {reading.pause.reason}"
    for name, count in reading.counts.items():
        yield name.replace("_", " ") + " so far", str(count)


def _backlog(backlog: Backlog) -> str:
    if not backlog.depth:
        return "none"
    waited = f", the oldest for {backlog.waited_s:.0f} s" if backlog.waited_s is not None else ""
    return f"{count_of(backlog.depth, 'lead')}, {backlog.claimed} being routed{waited}"
