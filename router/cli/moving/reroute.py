"""`router reroute`: the leads of a changed rule, decided again by the live rules."""

from __future__ import annotations

from datetime import timedelta

import click

from router.cli.moving.taking_back import take_back
from router.cli.team.compare import span
from router.routing.take_back.plan import plan_reroute


@click.command(epilog='Example: router reroute --rule "Grands comptes" --since 7d')
@click.option("--rule", required=True, help="The rule that decided them, by its name then.")
@click.option("--since", callback=span, default="7d", show_default=True, help="How far to look back.")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON; moves only with --yes.")
def reroute(rule: str, since: timedelta, yes: bool, as_json: bool) -> None:
    """Decide the leads of a rule again, by the live rules, if no person has touched them.

    Leads that stay with their team, queue or rep are not dealt again. Leads whose owner a person chose, or on
    which work has begun, stay. Shows the plan and asks; can be repeated.
    """
    take_back(
        lambda services, show: plan_reroute(services, rule, since=services.clock() - since, progress=show),
        yes=yes,
        as_json=as_json,
        nothing=f'No lead that "{rule}" decided would go elsewhere.',
    )
