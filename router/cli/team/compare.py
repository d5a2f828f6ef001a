"""`router compare`: HubSpot's owners beside ours, for shadow mode."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

import click
from rich.text import Text

from router.cli.leads.kept import left_out
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, local_time, print_json
from router.cli.shared.output import say
from router.cli.shared.screen import screen, table, titled
from router.cli.shared.services import services_with_rules
from router.routing.outbox.record import record_outbox
from router.routing.reports.compare import Pair, ShadowComparison, compare_leads

UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
NOTHING: Final = (
    "No lead was decided in shadow mode since {since}. Write 'mode: shadow' into routing.yaml to begin: "
    "every new lead is then decided and recorded, and nothing is written to HubSpot."
)
OUTCOMES: Final = {"queued": "queue of {team}", "nurtured": "nurture", "left_alone": "left alone"}


def span(_ctx: click.Context, _param: click.Parameter, value: str) -> timedelta:
    """The typed time span: 7d, 36h or 2w."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})([hdw])", value.strip())
    if found is None:
        raise click.BadParameter(f"'{value}' is no span of time. Write 36h, 7d or 2w.")
    return int(found[1]) * UNITS[found[2]]


@click.command(epilog="Example: router compare --since 7d")
@click.option("--since", callback=span, default="7d", show_default=True, help="How far to look back.")
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many differences to list."
)
@click.option("--json", "as_json", is_flag=True, help="Print every lead as JSON.")
def compare(since: timedelta, limit: int, as_json: bool) -> None:
    """Compare, lead by lead, the owner that HubSpot chose with the owner that we would have.

    Only for leads decided in shadow mode ('mode: shadow' in routing.yaml). Their present owners are read from
    HubSpot. Exit code 1 if there is nothing to compare.
    """
    services = services_with_rules()
    record_outbox(services)  # includes decisions of a moment ago
    began = services.clock() - since
    found = compare_leads(
        since=began,
        hubspot=services.hubspot,
        ledger=services.ledger,
        rules=services.rules,
        people=services.people,
    )
    older = left_out(services.ledger.sums.table.kept_since(), began)
    if as_json:
        print_json(_as_json(found, began) | {"notes": [older] if older else []})
    elif found.pairs:
        _show(found, began, limit=limit)
    if older and not as_json:
        say(older)
    if not found.pairs:
        raise SystemExit(1) if as_json else UserError(NOTHING.format(since=local_time(began)))


def _show(found: ShadowComparison, began: datetime, *, limit: int) -> None:
    out, leads = screen(), len(found.pairs)
    out.print(
        Text(
            f"{found.agreement:.0%} agree: {found.same} of {count_of(leads, 'lead')} decided in shadow mode "
            f"since {local_time(began)}.",
            "bold",
        )
    )
    for count, why in ((found.gone, "deleted since"), (found.unread, "that HubSpot did not answer for")):
        if count:
            out.print(f"Left out: {count_of(count, 'lead')} {why}.")
    out.print()
    rows = [
        (found.name(owner), theirs, f"{theirs / leads:.0%}", ours, f"{ours / leads:.0%}")
        for owner, theirs, ours in found.shares()
    ]
    out.print(table("owner", "HubSpot", "share", "we", "share", rows=rows, numbers=(1, 2, 3, 4)))
    differences = found.differences[:limit]
    if differences:
        out.print()
        leads_elsewhere = [
            (one.contact_id, one.rule, found.name(one.theirs), _ours(found, one)) for one in differences
        ]
        several = len(found.differences)
        title = f"{count_of(several, 'lead')} would go elsewhere" + (
            f"; the first {limit}:" if several > limit else ":"
        )
        out.print(titled(title, table("contact", "our rule", "HubSpot", "we", rows=leads_elsewhere)))


def _ours(found: ShadowComparison, pair: Pair) -> str:
    words = OUTCOMES.get(pair.outcome)
    return words.format(team=pair.team) if words else found.name(pair.ours)


def _as_json(found: ShadowComparison, began: datetime) -> dict[str, Any]:
    return {
        "since": began.isoformat(),
        "leads": len(found.pairs),
        "same": found.same,
        "agreement": round(found.agreement, 4),
        "gone": found.gone,
        "unread": found.unread,
        "shares": [
            {"owner_id": owner, "name": found.name(owner), "hubspot": theirs, "we": ours}
            for owner, theirs, ours in found.shares()
        ],
        "pairs": [
            {
                "contact_id": one.contact_id,
                "decided_at": one.decided_at,
                "rule": one.rule,
                "outcome": one.outcome,
                "team": one.team,
                "hubspot": one.theirs,
                "we": one.ours,
                "same": one.same,
            }
            for one in found.pairs
        ],
    }
