"""`router forget`: request the erasure of a contact, which housekeeping carries out."""

from __future__ import annotations

import click

from router.cli.shared.context import contact_id, settings_here
from router.cli.shared.formatting import print_json
from router.cli.shared.screen import screen
from router.store.clients import redis_url, text_client
from router.store.keys import Keys
from router.store.repair.erasures import Erasures


@click.command(epilog="Example: router forget 501")
@click.argument("contact", callback=contact_id)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def forget(contact: str, as_json: bool) -> None:
    """Erase every trace of a contact: its decisions, its history, its place in queues.

    HubSpot requests this by itself when a person is deleted for privacy there. The contact in HubSpot, and
    the sums in the book of shares, stay as they are.
    """
    settings = settings_here()
    Erasures(text_client(redis_url(settings)), Keys(settings.hubspot_portal_id)).ask(contact)
    if as_json:
        print_json({"contact_id": contact, "asked": True})
        return
    for sentence in (
        f"Contact {contact} is erased within a minute while 'housekeeping' and 'cron' run, "
        "else when they start.",
        "The contact in HubSpot stays; if HubSpot announces it again, it is routed like a new one.",
    ):
        screen().print(sentence)
