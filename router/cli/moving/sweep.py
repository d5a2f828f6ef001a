"""`router sweep`: the leads that the night would move, and the approval of a held plan."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import click
from rich.progress import TextColumn, TimeElapsedColumn

from router.cli.shared.context import settings_here
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import ask, say, warn
from router.cli.shared.screen import progress, screen, table
from router.cli.shared.services import services_with_rules
from router.notify.night.night_words import why_words, word
from router.plain import as_plain
from router.policy.reports.night_selection import Held
from router.routing.night.approval import NotApproved, approve_plan
from router.routing.night.brake import brake
from router.routing.night.night_context import NightContext, night_context
from router.routing.night.outcome import move
from router.routing.night.sweep import Sweeping, moves_anything, plan_some
from router.routing.portal.services import Services
from router.store.clients import redis_url, text_client
from router.store.health.vitals import Vitals
from router.store.worklists.night_plan import Planned
from router.store.worklists.nights import Nights

SHOWN: Final = 50
"""Number of leads shown by default."""


@click.command(epilog="\b\nExamples: router sweep\n          router sweep --approve")
@click.option("--plan", "dry", is_flag=True, help="Show what would move if the night were now (the default).")
@click.option("--now", is_flag=True, help="Move it now instead of waiting for the night.")
@click.option("--approve", is_flag=True, help="Let the leads move that the last night held back.")
@click.option("--limit", type=click.IntRange(1), default=SHOWN, show_default=True, help="Leads to show.")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON; moves only with --yes.")
def sweep(*, dry: bool, now: bool, approve: bool, limit: int, yes: bool, as_json: bool) -> None:
    """Show which leads the night would move, from whom to whom and why; nothing is changed.

    The section night of routing.yaml says which leads move. A night that would move more than
    max_reassignments_per_night moves none and waits for --approve, which moves exactly the leads of its plan,
    except those whose owner has changed. A person's choice of owner always wins.
    """
    if dry + now + approve > 1:
        raise click.UsageError("Say one of --plan, --now and --approve.")
    services = services_with_rules()
    nights = Nights(text_client(redis_url(settings_here())), services.store.keys)
    if approve:
        _approve(services, nights, limit=limit, yes=yes, as_json=as_json)
    else:
        _plan(services, nights, moves=now, limit=limit, yes=yes, as_json=as_json)


def _plan(services: Services, nights: Nights, *, moves: bool, limit: int, yes: bool, as_json: bool) -> None:
    if not moves_anything(services):
        raise UserError(
            "The rules move nothing at night: add reassign_when_away: 5d or another reason below 'night' in "
            "routing.yaml. In shadow mode nothing moves."
        )
    last = nights.before((services.clock() + timedelta(days=2)).date())
    context = night_context(
        away_since=last.away_since if last else {},
        hubspot=services.hubspot,
        rules=services.rules,
        people=services.people,
        clock=services.clock,
    )
    run = f"by hand {services.clock():%Y-%m-%d %H:%M}"
    sweeping, planned = _whole_plan(services, context, run=run)
    leads, held = brake(len(planned), context, hubspot=services.hubspot)
    if as_json:
        facts = {"moves": [as_plain(one) for one in planned], "stayed": dict(sweeping.stayed)}
        print_json({**facts, "open_leads": leads, "held": as_plain(held) if held else None})
    else:
        _show(planned, context, limit=limit)
        _show_stayed(sweeping.stayed)
        _show_brake(held)
    if not moves or not planned or (as_json and not yes):
        return
    if yes and held is not None:
        raise UserError(
            f"{len(planned)} leads are more than {held.limit}: a person has to agree. Leave out --yes."
        )
    if not yes:
        ask(f"Move {count_of(len(planned), 'lead')} now?")
    answer = move(services, planned, run=run)
    if not as_json:
        say(f"{count_of(len(answer.moving), 'lead')} on the way; the workers decide them in seconds.")
        for contact_id, why in sorted(answer.left.items()):
            say(f"  · {contact_id} stays. {why}")


def _whole_plan(services: Services, context: NightContext, *, run: str) -> tuple[Sweeping, list[Planned]]:
    sweeping, planned = Sweeping(run), dict[str, Planned]()

    def already(ids: Sequence[str]) -> list[str]:
        return [one for one in ids if one in planned]

    with progress(TextColumn("{task.description}"), TimeElapsedColumn()) as show:
        while sweeping.reason:
            looked_at = f"{sweeping.looked_at} leads looked at, {len(planned)} to move"
            show(description=f"Planning ({sweeping.reason}): {looked_at}")
            sweeping, some = plan_some(services, context, sweeping, already=already)
            planned.update((one.contact_id, one) for one in some)
    return sweeping, list(planned.values())


def _approve(services: Services, nights: Nights, *, limit: int, yes: bool, as_json: bool) -> None:
    waiting = services.store.night_plan.waiting()
    if waiting is None:
        raise UserError("No plan waits for approval: the last night was within its limits, or was approved.")
    planned = services.store.night_plan.all()
    if as_json:
        print_json({**as_plain(waiting), "leads": [as_plain(one) for one in planned], "approved": yes})
    else:
        _show(
            planned,
            night_context(
                away_since={},
                hubspot=services.hubspot,
                rules=services.rules,
                people=services.people,
                clock=services.clock,
            ),
            limit=limit,
        )
        say(
            f"Planned in the night of {waiting.day}, and held back: {waiting.moves} leads are more than "
            f"{waiting.limit}."
        )
    if as_json and not yes:
        return
    if not yes:
        ask(f"Let {count_of(len(planned), 'lead')} move?")
    try:
        approve_plan(
            nights,
            plan=waiting.plan,
            by=getpass.getuser(),
            store=services.store,
            clock=services.clock,
            log=services.log,
        )
    except NotApproved as error:
        raise UserError(str(error)) from error
    if as_json:
        return
    say("Approved. Housekeeping moves them within a minute; what became of it: router night")
    if not _night_is_there(services):
        warn("No housekeeping process has made progress within a minute. Start it: router up")


def _night_is_there(services: Services) -> bool:
    reading = Vitals(text_client(redis_url(settings_here())), services.store.keys).read()
    return reading.is_alive("housekeeping")


def _show(planned: Sequence[Planned], context: NightContext, *, limit: int) -> None:
    out = screen()
    if not planned:
        say("No lead would move.")
        return
    rows = [
        (
            one.contact_id,
            one.came_from or "queue",
            one.goes_to,
            why_words(one.reason, one.moment, "en", zone=context.policy.roster.timezone),
            one.rule,
        )
        for one in planned[:limit]
    ]
    out.print(table("contact", "from", "to", "why", "rule", rows=rows))
    if len(planned) > limit:
        say(f"… and {len(planned) - limit} more: --limit {len(planned)}")
    say()
    reasons = Counter(one.reason for one in planned)
    counted = ", ".join(f"{number} {word('en', f'short_{reason}')}" for reason, number in reasons.items())
    say(f"{count_of(len(planned), 'lead')} would move: {counted}.")


def _show_stayed(stayed: Mapping[str, int]) -> None:
    for why, number in sorted(stayed.items(), key=lambda pair: -pair[1]):
        say(f"{count_of(number, 'lead')} would stay all the same: {word('en', f'stay_{why}')}.")


def _show_brake(held: Held | None) -> None:
    if held is None:
        return
    of = f" of {held.open_leads} open leads" if held.by == "share" else ""
    warn(f"The brake would hold them: a night may move {held.limit}{of} (max_reassignments_per_night).")
