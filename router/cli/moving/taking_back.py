"""A plan of leads to take back: shown first, then carried out if a person agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from rich.progress import TextColumn, TimeElapsedColumn

from router.cli.leads.kept import left_out
from router.cli.shared.claim_output import wake
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import ask, say
from router.cli.shared.screen import hanging, progress, screen, table, titled
from router.cli.shared.services import services_here
from router.plain import as_plain
from router.routing.followup.reassign import Reassigning
from router.routing.portal.services import Services
from router.routing.take_back.plan import Plan, carry_out
from router.routing.take_back.take_back_context import CannotTakeBack

LISTED: Final = 20
"""Leads that are listed one by one; all of them with --json."""

Planner = Callable[[Services, Callable[[int], None]], Plan]


def take_back(planner: Planner, *, yes: bool, as_json: bool, nothing: str) -> None:
    """Show the plan, ask, carry it out. Exit code 1 if there is nothing to move."""
    services = services_here()
    try:
        with progress(TextColumn("{task.completed:.0f} leads read"), TimeElapsedColumn()) as show:
            plan = planner(services, lambda leads: show(advance=leads))
    except CannotTakeBack as refusal:
        raise UserError(str(refusal)) from refusal
    older = left_out(services.ledger.sums.table.kept_since(), plan.since)
    if not as_json:
        _show(plan, nothing=nothing, older=older)
    if plan.steps and not yes and not as_json:
        ask(f"Move {count_of(len(plan.steps), 'lead')}?")
    done = carry_out(services, plan) if plan.steps and (yes or not as_json) else None
    if done is not None:
        wake()
    if as_json:
        print_json(_as_json(plan, done) | {"notes": [older] if older else []})
    elif done is not None:
        _print_outcome(done)
    if not plan.steps:
        raise SystemExit(1)


def _show(plan: Plan, *, nothing: str, older: str) -> None:
    out = screen()
    if plan.steps:
        rows = [(one.wanted.contact_id, one.came_from, one.goes_to, one.rule) for one in plan.steps[:LISTED]]
        leads = count_of(len(plan.steps), "lead")
        out.print(titled(f"{leads} would move", table("contact", "from", "to", "by rule", rows=rows)))
        if len(plan.steps) > LISTED:
            out.print(f"… and {len(plan.steps) - LISTED} more (--json lists all)\n")
            ways = Counter((one.came_from, one.goes_to) for one in plan.steps)
            sums = [(*way, count) for way, count in ways.most_common()]
            out.print(titled("In all", table("from", "to", "leads", rows=sums, numbers=(2,))))
    else:
        out.print(nothing)
    if plan.stay:
        out.print(f"{count_of(len(plan.stay), 'lead')} would stay:")
        for why, count in Counter(plan.stay.values()).most_common():
            out.print(hanging(f"{count}: {why}", width=out.width))
    if older:
        out.print(older)


def _print_outcome(done: Reassigning) -> None:
    say(f"{count_of(len(done.moving), 'lead')} on the way; router explain CONTACT tells of each.")
    for contact_id, why in done.left.items():
        say(f"  {contact_id} stays: {why}")


def _as_json(plan: Plan, done: Reassigning | None) -> dict[str, Any]:
    moves = [
        {
            "contact_id": one.wanted.contact_id,
            "from": one.came_from,
            "to": one.goes_to,
            "rule": one.rule,
            "expected_owner_id": one.wanted.expected_owner_id or None,
        }
        for one in plan.steps
    ]
    facts = {"run": plan.run, "done": done is not None, "moves": moves, "stay": dict(plan.stay)}
    return facts | (as_plain(done) if done is not None else {})
