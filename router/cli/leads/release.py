"""`router release`: give a rep's lead back; its owner is cleared and it joins the queue."""

from __future__ import annotations

import click

from router.cli.shared.claim_output import print_claim_result
from router.cli.shared.context import contact_id
from router.cli.shared.services import services_with_rules
from router.routing.queues.claims import release_lead


@click.command(epilog='Example: router release 501 --rep camille --why "speaks Italian only"')
@click.argument("contact", callback=contact_id)
@click.option("--rep", required=True, help="Whose lead it is, by their name in team.yaml.")
@click.option("--why", required=True, help="The reason; it stands on the contact in HubSpot.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def release(contact: str, rep: str, why: str, as_json: bool) -> None:
    """Give a lead of a rep back to the team's queue, and refund its cost to the rep's share.

    If the lead's rule uses a queue, the lead waits there for a claim (or its push_after); any other rule
    gives it to the next rep within seconds, never to the rep who gave it back.
    """
    services = services_with_rules()
    print_claim_result(release_lead(services, contact, rep=rep, why=why), contact=contact, as_json=as_json)
