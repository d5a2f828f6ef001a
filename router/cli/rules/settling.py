"""`router settling`: how long leads waited for late facts, and which facts hardly ever came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import click

from router.cli.leads.kept import left_out
from router.cli.shared.formatting import local_time, print_json
from router.cli.shared.output import say
from router.cli.shared.screen import screen, table, titled
from router.cli.shared.services import services_with_rules
from router.cli.team.compare import span
from router.ledger.reports.settled import began, waits_since
from router.plain import as_plain
from router.policy.leads.settle import Settle
from router.policy.settling.fact_waits import FactWaits, fact_waits
from router.routing.outbox.record import record_outbox

HEADINGS: Final = ("fact", "waited", "came", "share", "lost")
OFF: Final = "routing.yaml has no 'settle', so no lead waits for facts that come late."
NONE: Final = "No lead has waited for a fact since {since}."
ADVICE: Final = (
    "Hardly ever there in time: {names}. A lead waits no longer for what routing.yaml names\n"
    "'never_late' under 'settle', and is still decided once more if it comes."
)


@click.command(epilog="\b\nExamples: router settling --since 7d\n          router settling --json")
@click.option("--since", callback=span, default="30d", show_default=True, help="How far to look back.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def settling(since: timedelta, as_json: bool) -> None:
    """Show how often leads waited for each late fact, how often it came, and the seconds lost.

    A fact that came in fewer than one of twenty waits is not worth waiting for: its properties are named, to
    be written under 'never_late' in routing.yaml. The latest 50,000 decisions are read at most.
    """
    services = services_with_rules()
    policy = services.rules.policy()
    record_outbox(services)  # includes decisions of a moment ago
    start = began(services.ledger, services.clock() - since)
    found = fact_waits(waits_since(services.ledger, start), settle=policy.settle or Settle())
    if as_json:
        print_json(
            {
                "since": start.isoformat(),
                "settle": policy.settle is not None,
                "facts": [as_plain(one) | {"hardly_ever_comes": one.hardly_ever_comes} for one in found],
            }
        )
        return
    day = local_time(start, policy.roster.timezone)
    if found:
        _show(found, title=f"Waits for late facts since {day}")
    else:
        say(NONE.format(since=day))
    if policy.settle is None:
        say(OFF)
    if older := left_out(services.ledger.sums.table.kept_since(), start):
        say(older)


def _show(found: Sequence[FactWaits], *, title: str) -> None:
    rows = [
        (one.fact, one.waited, one.came, f"{100 * one.came / one.waited:.0f} %", f"{one.lost_s:.0f} s")
        for one in found
    ]
    out = screen()
    out.print(titled(title, table(*HEADINGS, rows=rows, numbers=range(1, len(HEADINGS)))))
    out.print("lost: waits in which it did not come; each counts for every fact waited for.")
    names = dict.fromkeys(name for one in found for name in one.never_late)
    if names:
        out.print(ADVICE.format(names=", ".join(names)))
