"""`router parked`: the leads that need a person or the end of an outage, and sending them again."""

from __future__ import annotations

import click

from router.cli.shared.context import contact_id, settings_here
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, local_time, print_json
from router.cli.shared.output import say
from router.cli.shared.screen import screen, table
from router.cli.shared.time import now_here
from router.store.clients import queue_client, redis_url, text_client
from router.store.drains.drains import Drains
from router.store.keys import Keys
from router.store.leads.leads import Leads
from router.store.repair.redrive import Redrive, goes_on_by_itself
from router.wakeups import WakeUps


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples: router parked\n          router parked redrive 501",
)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def parked(ctx: click.Context, as_json: bool) -> None:
    """List the parked leads, with the reason; `redrive` sends them again.

    Those that an outage stopped go on by themselves once HubSpot takes writes again. The others need a
    person: HubSpot refused them, or they failed too often, while other leads were written.
    """
    if ctx.invoked_subcommand is not None:
        return
    settings = settings_here()
    found = Leads(text_client(redis_url(settings)), Keys(settings.hubspot_portal_id)).parked()
    if as_json:
        print_json(
            [
                {"contact_id": one, **why, "goes_on_by_itself": goes_on_by_itself(why)}
                for one, why in found.items()
            ]
        )
    elif not found:
        say("No lead is parked.")
    else:
        by_outage = {one for one, why in found.items() if goes_on_by_itself(why)}
        rows = [
            (one, local_time(why["since"]), "by itself" if one in by_outage else "with a person", why["why"])
            for one, why in found.items()
        ]
        screen().print(table("contact", "since", "goes on", "why", rows=rows))
        say()
        if by_outage:
            leads = count_of(len(by_outage), "lead")
            say(f"An outage stopped {leads}; each goes on by itself once HubSpot takes writes again.")
        if len(by_outage) < len(found):
            say("Mend the cause, then: router parked redrive CONTACT (or --all)")


def _contact_ids(ctx: click.Context, param: click.Parameter, typed: tuple[str, ...]) -> list[str]:
    return [contact_id(ctx, param, one) for one in typed]


@parked.command(short_help="Send parked leads again.", epilog="Example: router parked redrive 501")
@click.argument("contacts", nargs=-1, callback=_contact_ids)
@click.option("--all", "everyone", is_flag=True, help="Send every parked lead again.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of each as JSON.")
def redrive(contacts: list[str], everyone: bool, as_json: bool) -> None:
    """Send parked leads again: each is written if it was decided, else decided like a new one."""
    if bool(contacts) == everyone:
        raise click.UsageError("Name the contacts to send again, or say --all.")
    settings = settings_here()
    url = redis_url(settings)
    client, keys = text_client(url), Keys(settings.hubspot_portal_id)
    again, now = Redrive(client, keys), now_here()
    chosen = list(Leads(client, keys).parked()) if everyone else contacts
    answers = {one: again.send_again(one, now=now) for one in chosen}
    sent = [one for one, answer in answers.items() if answer.endswith("anew")]
    if sent and Drains(client, keys).should_wake():
        WakeUps(queue_client(url), settings.hubspot_portal_id).drain()
    if as_json:
        print_json(answers)
    elif not answers:
        say("No lead is parked.")
    else:
        say(f"{count_of(len(sent), 'lead')} sent again.")
    refused = [f"Contact {one} is {answer}." for one, answer in answers.items() if one not in sent]
    if refused:
        raise UserError("\n".join(refused))
