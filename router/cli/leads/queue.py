"""`router queue`: the waiting leads in the teams' queues, in the order of claims."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from router.cli.shared.context import settings_here
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, local_time, print_json
from router.cli.shared.output import say
from router.cli.shared.screen import screen, table
from router.cli.shared.time import now_here
from router.store.clients import redis_url, text_client
from router.store.keys import Keys
from router.store.leads.queues import Queues, WaitingLead
from router.timestamps import from_epoch_ms


@click.command(epilog="\b\nExamples: router queue\n          router queue sdr --json")
@click.argument("team", required=False)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Leads at most.")
@click.option("--json", "as_json", is_flag=True, help="Print the leads as JSON.")
def queue(team: str | None, limit: int, as_json: bool) -> None:
    """List the leads that wait in the queue of TEAM (or of every team), the next to claim first.

    That is the highest score, and among equal scores the longest wait.
    """
    settings = settings_here()
    queues = Queues(text_client(redis_url(settings)), Keys(settings.hubspot_portal_id))
    lengths = queues.lengths()
    if team is not None and team not in lengths:
        used = ", ".join(lengths) or "none yet"
        raise UserError(f"No lead ever waited in a queue of '{team}'. Queues in use: {used}.")
    chosen = [team] if team is not None else list(lengths)
    waiting = {name: queues.waiting(name, limit=limit) for name in chosen}
    if as_json:
        print_json({name: [_as_json(one) for one in leads] for name, leads in waiting.items()})
        return
    now = now_here()
    rows = [
        (name, one.contact_id, one.score, local_time(_since(one)), _span(now - _since(one)))
        for name, leads in waiting.items()
        for one in leads
    ]
    if not rows:
        say("No lead waits.")
        return
    screen().print(table("team", "contact", "score", "since", "waits", rows=rows, numbers=(2,)))
    say()
    counted = ", ".join(f"{count_of(lengths[name], 'lead')} in {name}" for name in chosen if lengths[name])
    say(f"{counted}. To take one: router claim CONTACT --rep REP")


def _since(one: WaitingLead) -> datetime:
    return from_epoch_ms(one.since_ms)


def _as_json(one: WaitingLead) -> dict[str, object]:
    return {"contact_id": one.contact_id, "score": one.score, "since": _since(one).isoformat()}


def _span(span: timedelta) -> str:
    minutes = max(0, int(span / timedelta(minutes=1)))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
