"""`router orphans`: the open leads of owners who were deactivated."""

from __future__ import annotations

import click

from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import say
from router.cli.shared.screen import screen, table
from router.cli.shared.services import services_here
from router.routing.people.orphans import orphaned_leads


@click.command(epilog="Example: router orphans --json")
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="How many leads to list."
)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def orphans(limit: int, as_json: bool) -> None:
    """List the open leads of owners who were deactivated in HubSpot, to give them to another owner.

    Such an owner gets no more leads after at most five minutes, and keeps the open ones until a person or the
    night (section night of routing.yaml) reassigns them.
    """
    found = orphaned_leads(limit=limit, hubspot=services_here().hubspot, rules=services_here().rules)
    if as_json:
        print_json(
            [
                {"contact_id": one.contact_id, "owner_id": one.owner.id, "owner": one.owner.name,
                 "status": one.status, "since": one.since or None}
                for one in found
            ]
        )  # fmt: skip
    elif not found:
        say("No open lead belongs to a deactivated owner.")
    else:
        rows = [(one.contact_id, one.owner.name or one.owner.id, one.status, one.since[:10]) for one in found]
        screen().print(table("contact", "owner", "status", "since", rows=rows))
        say()
        cut = "; there may be more: --limit" if len(found) == limit else ""
        say(f"{count_of(len(found), 'open lead')} of deactivated owners{cut}.")
