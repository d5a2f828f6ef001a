"""`router setup`: the contact properties that the portal lacks; with --app, the app's webhooks."""

from __future__ import annotations

import click

from router.cli.rules.setup_app import set_up_app
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import ask, say
from router.cli.shared.screen import screen, table, titled
from router.cli.shared.services import services_here
from router.hubspot.properties import GROUP
from router.hubspot.setup import GROUP_LABEL, SetupPlan, apply, plan_for


@click.command(epilog="Example: router setup --yes, or: router setup --app && git diff config")
@click.option(
    "--app", is_flag=True, help="Write the HubSpot app's webhook subscriptions instead; no network."
)
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON; changes only with --yes.")
def setup(app: bool, yes: bool, as_json: bool) -> None:
    """Create the contact properties that Lead Router writes.

    Shows what it would create, and asks. Safe to repeat: existing properties are not changed. With --app:
    the file of the HubSpot app in CONFIG_DIR (or config) gets the webhooks that the rule files there need.
    """
    if app:
        set_up_app(yes=yes, as_json=as_json)
        return
    gateway = services_here().hubspot
    plan = plan_for(gateway)
    if as_json:
        print_json(
            {
                "done": plan.is_done,
                "group": plan.create_group,
                "properties": plan.create,
                "conflicts": plan.conflicts,
            }
        )
    elif not plan.conflicts:
        _show(plan)
    if plan.conflicts:
        raise UserError("\n".join(plan.conflicts))
    if plan.is_done or (as_json and not yes):
        return
    if not yes:
        ask("Create this in HubSpot?")
    apply(gateway, plan)
    if not as_json:
        say("Done.")


def _show(plan: SetupPlan) -> None:
    if plan.is_done:
        say("Nothing to do: HubSpot has every property that Lead Router writes.")
        return
    if plan.create_group:
        say(f"To create: the property group {GROUP} ({GROUP_LABEL})")
    rows = [(one.name, one.type, one.description) for one in plan.create]
    title = f"To create: {count_of(len(rows), 'contact property', 'contact properties')}"
    screen().print(titled(title, table("name", "type", "meaning", rows=rows)))
