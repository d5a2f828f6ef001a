"""`router claim`: give a queued lead to the first rep who claims it."""

from __future__ import annotations

import click

from router.cli.shared.claim_output import print_claim_result
from router.cli.shared.context import contact_id, settings_here
from router.cli.shared.failures import UserError
from router.cli.shared.output import say
from router.cli.shared.people_arguments import check_name
from router.cli.shared.services import services_with_rules
from router.routing.portal.services import Services
from router.routing.queues import claim_words
from router.routing.queues.claim_links import link_to
from router.routing.queues.claims import claim_lead
from router.routing.queues.revoked_links import valid_since


@click.command(
    epilog="\b\nExamples: router claim 501 --rep camille\n          router claim 501 --rep camille --link"
)
@click.argument("contact", callback=contact_id)
@click.option("--rep", required=True, help="Who claims it, by their name in team.yaml.")
@click.option("--link", is_flag=True, help="Claim nothing; print a link with which the rep can.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def claim(contact: str, rep: str, link: bool, as_json: bool) -> None:
    """Give a lead that waits in a team's queue to a rep of that team.

    The first of several reps gets it. Exit code 1 says that another rep was faster, or that a limit of the
    rep (max_open_leads, max_per_day, max_claims_per_hour) is reached.
    """
    services = services_with_rules()
    if link:
        say(_link(services, contact, rep=rep))
        return
    print_claim_result(claim_lead(services, contact, rep=rep), contact=contact, as_json=as_json)


def _link(services: Services, contact: str, *, rep: str) -> str:
    settings = settings_here()
    if settings.claim_secret is None:
        raise UserError("Claim links need CLAIM_SECRET: 32 characters of chance that nothing else uses.")
    state = services.store.leads.recall([contact]).get(contact)
    team = state.queue if state else ""
    if not team:
        raise UserError(f"Contact {contact} waits in no queue. To see who does: router queue")
    policy = services.rules.policy()
    check_name("rep", rep, policy.roster.reps)
    if rep not in policy.roster.teams[team].reps:
        raise UserError(claim_words.say("en", "not_in_team", rep=rep, team=team))
    now = services.clock()
    try:
        return link_to(
            team,
            contact,
            rep=rep,
            secret=settings.claim_secret.get_secret_value(),
            public_webhook_url=settings.public_webhook_url,
            now=max(now, valid_since(services, rep) or now),
        )
    except ValueError as error:
        raise UserError(str(error)) from error
