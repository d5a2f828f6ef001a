"""`router back`: end a rep's absence set by `router away`, or set the rep present."""

from __future__ import annotations

import click

from router.cli.shared.failures import UserError
from router.cli.shared.formatting import print_json
from router.cli.shared.people_arguments import check_name, moment_typed
from router.cli.shared.services import services_with_rules
from router.cli.team.away import print_standings
from router.routing.people.overrides import as_facts, say_back


@click.command(epilog="\b\nExamples: router back lea\n          router back lea --until 2026-12-24")
@click.argument("rep")
@click.option(
    "--until", "until", help="Until this day they are there, whatever HubSpot and team.yaml say of them."
)
@click.option("--why", default="", help="For colleagues; shown by router away.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def back(rep: str, until: str | None, why: str, as_json: bool) -> None:
    """End the absence of REP that router away set; it applies from the next lead on.

    With --until, REP counts as present until then, although team.yaml or HubSpot say absent; working hours
    still apply. Exit code 1 if the rep is still away.
    """
    services = services_with_rules()
    policy = services.rules.policy()
    check_name("rep", rep, policy.roster.reps)
    if why and until is None:
        raise click.UsageError("--why belongs to --until.")
    zone = policy.roster.timezone
    ends = None if until is None else moment_typed(until, zone, now=services.clock())
    found = say_back(
        rep, until=ends, why=why, rules=services.rules, people=services.people, clock=services.clock
    )
    if as_json:
        print_json(as_facts([found]))
    else:
        print_standings([found], zone)
    reason = found.why
    if reason is not None:
        more = "" if until else f" To give them leads all the same: router back {rep} --until DAY"
        raise UserError(f"{rep} still gets no leads: {reason}.{more}")
