"""`router overdue`: due leads without work on them, and the next step for each."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import click

from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import say
from router.cli.shared.people_arguments import check_name
from router.cli.shared.screen import screen, table
from router.cli.shared.services import services_with_rules
from router.plain import as_plain
from router.policy.wording.phrases import moment_in_words
from router.routing.followup.overdue import OverdueLead, overdue_leads

MOST: Final = 10_000


@click.command(epilog="\b\nExamples: router overdue\n          router overdue --team idf --json")
@click.option("--team", metavar="TEAM", help="Only leads of this team.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, MOST), help="Leads at most.")
@click.option("--json", "as_json", is_flag=True, help="Print the leads as JSON.")
def overdue(team: str | None, limit: int, as_json: bool) -> None:
    """List the overdue leads on which no work has begun, longest overdue first.

    The next step is that of 'on_breach' in routing.yaml. The list is some minutes old: it shows what the last
    check saw. A lead leaves it when its rep logs a call, e-mail, meeting or note, or changes its status.
    """
    services = services_with_rules()
    policy = services.rules.policy()
    check_name("team", team, policy.roster.teams)
    everything = overdue_leads(
        limit=MOST, store=services.store, rules=services.rules, people=services.people, clock=services.clock
    )
    found = [one for one in everything if team in (None, one.team)]
    if as_json:
        print_json([_as_json(one) for one in found[:limit]])
        return
    if not found:
        say("No lead is overdue.")
        return
    zone = policy.roster.timezone
    rows = [
        (one.contact_id, one.rep or one.owner_id, one.team or "-", _at(one.due_at, zone), _next(one, zone))
        for one in found[:limit]
    ]
    screen().print(table("contact", "rep", "team", "due", "next", rows=rows))
    say()
    cut = f", {limit} shown: --limit" if len(found) > limit else ""
    say(f"{count_of(len(found), 'overdue lead')}{cut}. To see one: router explain CONTACT")


def _as_json(one: OverdueLead) -> dict[str, object]:
    moments = {"due_at": one.due_at, "next_at": one.next_at}
    return as_plain(one) | {name: at and at.isoformat() for name, at in moments.items()}


def _next(one: OverdueLead, zone: ZoneInfo) -> str:
    if one.next is None or one.next_at is None:
        return "stays"
    what = {"reassign": "reassigned", "queue": f"queue of {one.queue}", "remind": "reminder"}[one.next]
    return f"{what} {_at(one.next_at, zone)}"


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return moment_in_words(moment.astimezone(zone), "en")
