"""How is a person erased? `router forget` asks for it; the housekeeping does it."""

from __future__ import annotations

import click

from router.cli.place import contact_id, desk_here
from router.cli.words import print_json


@click.command(epilog="Example: router forget 501")
@click.argument("contact", callback=contact_id)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def forget(contact: str, as_json: bool) -> None:
    """Erase every trace of a contact: its decisions, its history, its place in queues.

    HubSpot asks for this by itself when a person is deleted for privacy there. The contact in HubSpot,
    and the sums in the book of shares, stay as they are.
    """
    desk_here().erasures.ask(contact)
    if as_json:
        print_json({"contact_id": contact, "asked": True})
        return
    click.echo(
        f"Contact {contact} will be erased within a minute while the services run ('cron' asks each "
        "second, 'night' erases); otherwise as soon as they do."
    )
    click.echo("A contact that is still in HubSpot can be routed anew if HubSpot announces it again.")
