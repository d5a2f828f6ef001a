"""`router replay`: a decision computed again from the ledger, and compared."""

from __future__ import annotations

from typing import Any, Final

import click
import orjson
from rich.text import Text

from router.cli.leads.kept import pruned_before
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import local_time, print_json
from router.cli.shared.screen import screen, table
from router.cli.shared.services import services_here
from router.routing.outbox.record import record_outbox
from router.routing.reports.replay import NotReplayable, ReplayedDecision, replay_decision

UNKNOWN: Final = (
    "Lead Router has never made a decision {decision}. Its id stands in lead_router_decision_id on the "
    "contact in HubSpot, and in: router explain <contact> --json"
)
LONGEST: Final = 60


@click.command(epilog="Example: router replay 501-0-3f9a21c4")
@click.argument("decision")
@click.option("--json", "as_json", is_flag=True, help="Print the record and every difference as JSON.")
def replay(decision: str, as_json: bool) -> None:
    """Compute a decision again, and say whether the result is the same.

    Uses the facts, shares, owners, moment and rule files that the ledger kept, and neither HubSpot nor
    today's rules. Exit code 1 if anything differs, or cannot be computed again.
    """
    services = services_here()
    try:
        found = replay_decision(services.ledger, decision)
        if found is None:
            record_outbox(services)  # it may have been decided a moment ago
            found = replay_decision(services.ledger, decision)
    except NotReplayable as error:
        raise UserError(str(error)) from error
    if found is None:
        sentences = (pruned_before(services.ledger), UNKNOWN.format(decision=decision))
        raise UserError(" ".join(filter(None, sentences)))
    if as_json:
        print_json(_as_json(found))
    else:
        _show(found)
    raise SystemExit(0 if found.identical else 1)


def _as_json(found: ReplayedDecision) -> dict[str, Any]:
    return {
        "decision": found.record["id"],
        "identical": found.identical,
        "differences": [
            {"field": one.field, "recorded": one.recorded, "now": one.now} for one in found.differences
        ],
        "record": found.record,
    }


def _show(found: ReplayedDecision) -> None:
    out, record = screen(), found.record
    made = f"Decided {local_time(record['decided_at'])} by rules {record['revision']}: {record['reason']}"
    if found.identical:
        out.print(Text(f"Identical: all {len(record)} fields come out as recorded.", "bold green"))
        out.print(made)
        return
    out.print(Text(f"Different: {len(found.differences)} of {len(record)} fields.", "bold red"))
    out.print(made)
    rows = [(one.field, _short(one.recorded), _short(one.now)) for one in found.differences]
    out.print(table("field", "recorded", "now", rows=rows))


def _short(found: Any) -> str:
    text = found if isinstance(found, str) else orjson.dumps(found).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
