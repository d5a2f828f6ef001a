"""`router away`: the present absences with their source, and setting a rep away."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

import click

from router.cli.shared.failures import UserError
from router.cli.shared.formatting import local_time, print_json
from router.cli.shared.people_arguments import check_name, moment_typed
from router.cli.shared.screen import screen, table
from router.cli.shared.services import services_with_rules
from router.routing.people.overrides import as_facts, say_away, standings_now
from router.routing.people.refresh import refresh_availability
from router.routing.portal.availability import RepAvailability
from router.store.shared.availability import Override

NOT_TOLD: Final = (
    "HubSpot does not tell who is away: give the app the scope crm.objects.users.read. "
    "Until then overrides and team.yaml count alone."
)


@click.command(
    epilog="\b\nExamples: router away\n          router away lea --until 2026-12-01 --why 'trade fair'"
)
@click.argument("rep", required=False)
@click.option("--until", "until", help="Last day away (2026-12-01), or the moment (2026-12-01T14:00).")
@click.option("--why", default="", help="For colleagues; shown by this command only, never on a lead.")
@click.option("--refresh", "ask", is_flag=True, help="Ask HubSpot now instead of every five minutes.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def away(rep: str | None, until: str | None, why: str, ask: bool, as_json: bool) -> None:
    """Say which reps are away and why, or set REP away until a day.

    It applies from the next lead on, over anything in HubSpot and team.yaml, and ends by itself; router back
    ends it earlier. Leads that the rep already has stay with the rep.
    """
    if (rep is None) != (until is None):
        raise click.UsageError("Name the rep and the day: router away REP --until 2026-12-01.")
    if why and rep is None:
        raise click.UsageError("--why belongs to a rep: router away REP --until 2026-12-01 --why '…'.")
    services = services_with_rules()
    policy = services.rules.policy()
    if rep is not None and until is not None:
        check_name("rep", rep, policy.roster.reps)
        ends = moment_typed(until, policy.roster.timezone, now=services.clock())
        say_away(rep, until=ends, why=why, rules=services.rules, people=services.people, clock=services.clock)
    refreshed = (
        refresh_availability(
            hubspot=services.hubspot, people=services.people, clock=services.clock, log=services.log
        )
        if ask
        else True
    )
    found = [
        one
        for one in standings_now(policy, language="en", people=services.people, clock=services.clock)
        if rep in (None, one.rep)
    ]
    if as_json:
        print_json(as_facts(found))
    else:
        print_standings(found, policy.roster.timezone)
    if not refreshed:
        raise UserError(NOT_TOLD)


def print_standings(found: list[RepAvailability], zone: ZoneInfo) -> None:
    """Print one line per rep."""
    rows = [
        (
            one.rep,
            one.why or "there",
            f"{local_time(one.works_at, zone):.16}" if one.works_at else "–",
            _note(one.override, zone),
        )
        for one in found
    ]
    screen().print(table("rep", "now", "works from", "override", rows=rows))


def _note(override: Override | None, zone: ZoneInfo) -> str:
    if override is None:
        return ""
    why = f": {override.why}" if override.why else ""
    return f"{override.kind} until {local_time(override.until, zone):.16}{why}"
