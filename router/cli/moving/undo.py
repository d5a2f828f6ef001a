"""`router undo`: take back the owners that a wrong revision set."""

from __future__ import annotations

import click

from router.cli.moving.taking_back import take_back
from router.routing.take_back.plan import plan_undo


@click.command(epilog="Example: router undo 3f9a21c4")
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON; moves only with --yes.")
def undo(revision: str, yes: bool, as_json: bool) -> None:
    """Take back the owners that a revision of the rules set, if no person has touched the lead since.

    A lead goes back to the owner before if that owner is still active, else wherever the live rules send it
    now. Leads whose owner a person chose, or on which work has begun, stay. Shows the plan and asks; can be
    repeated. `router revisions` lists the revisions; one that is live cannot be undone.
    """
    take_back(
        lambda services, show: plan_undo(services, revision, progress=show),
        yes=yes,
        as_json=as_json,
        nothing="There is nothing to take back.",
    )
