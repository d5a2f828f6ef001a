"""`router health`: the health of the service, as /health reports it, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click
from rich.text import Text

from router.cli.shared.context import settings_here
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, local_time, print_json
from router.cli.shared.screen import screen, table
from router.store.clients import redis_url, text_client
from router.store.health.conditions.table import findings, level_of
from router.store.health.parts import Backlog
from router.store.health.reading import VitalsReading
from router.store.health.report import in_detail
from router.store.health.vitals import Vitals
from router.store.keys import Keys

COLOURS: Final = {"ok": "bold green", "degraded": "bold yellow", "failing": "bold red"}


@click.command(epilog="Example: router health")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, like GET /health.")
def health(as_json: bool) -> None:
    """Say how the service is doing, and what to do about it.

    Looks at Redis directly, so it answers when the web process does not. Exit code 1 while something is
    failing, 0 if all is ok or something is degraded.
    """
    settings = settings_here()
    client = text_client(redis_url(settings))
    keys = Keys(settings.hubspot_portal_id)
    vitals = Vitals(client, keys, calls_per_day=settings.hubspot_calls_per_day)
    reading = vitals.read_if_possible()
    if not isinstance(reading, VitalsReading):
        if as_json:
            print_json(in_detail(reading))
            raise SystemExit(1)
        raise UserError(" ".join(one.sentence for one in findings(reading)))
    status = level_of(findings(reading))
    if as_json:
        print_json(in_detail(reading))
    else:
        _show(reading)
    raise SystemExit(1 if status == "failing" else 0)


def _show(reading: VitalsReading) -> None:
    out = screen()
    found = findings(reading)
    out.print(Text.assemble("Status: ", (level_of(found), COLOURS[level_of(found)])))
    for one in found:
        mark = ("  ✗ ", "red") if one.level == "failing" else ("  ! ", "yellow")
        out.print(Text.assemble(mark, one.sentence, (f"\n      → {one.command}", "dim")))
    out.print()
    out.print(table("what", "now", rows=_facts(reading)))
    out.print()
    rows = [
        (one.process, f"{(reading.at - one.at).total_seconds():.0f} s ago", one.did)
        for one in reading.progress
    ]
    if rows:
        out.print(table("process", "last seen", "doing", rows=rows))


def _facts(reading: VitalsReading) -> Iterator[tuple[str, str]]:
    yield "leads waiting", _backlog(reading.inbox)
    yield "leads waiting, low priority", _backlog(reading.low)
    if reading.settling:
        yield "leads waiting for their facts", str(reading.settling)
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
