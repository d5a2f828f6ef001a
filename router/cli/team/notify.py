"""`router notify`: messages that reached no rep, and a test message."""

from __future__ import annotations

import click

from router.cli.shared.context import settings_here
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, local_time, print_json
from router.cli.shared.output import say
from router.cli.shared.rules_here import rules_here
from router.cli.shared.screen import screen, table
from router.settings import Settings
from router.store.clients import redis_url, text_client
from router.store.keys import Keys
from router.store.worklists.notices import Notices


@click.command(epilog="Example: router notify --test camille, or: router notify --json")
@click.option("--test", "rep", metavar="REP", help="Send a test message to the rep, and say what happened.")
@click.option("--clear", is_flag=True, help="Strike the messages that could not be sent off the list.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def notify(rep: str | None, clear: bool, as_json: bool) -> None:
    """List the messages that were refused, or could not be sent within a day, and count those that wait.

    Chats are set in NOTIFY_WEBHOOKS_FILE. With --test the exit code is 1 if the message did not arrive.
    """
    settings = settings_here()
    if rep is not None:
        if clear:
            raise click.UsageError("Say --test or --clear, not both.")
        _test(settings, rep, as_json=as_json)
        return
    notices = Notices(text_client(redis_url(settings)), Keys(settings.hubspot_portal_id))
    if clear:
        cleared = notices.forget_parked()
        if as_json:
            print_json({"cleared": cleared})
        else:
            say(f"{count_of(cleared, 'message')} struck off the list.")
        return
    waiting, parked = notices.waiting(), notices.parked()
    if as_json:
        print_json({"waiting": waiting, "parked": list(parked.values())})
        return
    say(f"{count_of(waiting, 'message')} on the way.")
    if parked:
        rows = [
            (one["contact_id"], one["channel"], local_time(one["since"]), one["why"])
            for one in parked.values()
        ]
        screen().print(table("contact", "by", "given up", "why", rows=rows))
        say()
        say("Mend the cause (try: router notify --test REP), then: router notify --clear")


def _test(settings: Settings, rep: str, *, as_json: bool) -> None:
    from router.bootstrap import open_chat
    from router.notify import NotifyError
    from router.notify.message import a_test

    policy = rules_here(settings.config_dir).policy
    if rep not in policy.roster.reps:
        known = ", ".join(policy.roster.reps)
        raise click.BadParameter(f"there is no rep '{rep}' in team.yaml. There are: {known}.")
    chat = open_chat(settings)
    of_rep = (team.name for team in policy.roster.teams.values() if rep in team.reps)
    found = (chat.address_of(rep, team=team) for team in (*of_rep, None))
    ranked = sorted(
        (one for one in found if one is not None), key=lambda one: (one.name != rep, one.name == "default")
    )
    if not ranked:
        raise UserError(
            f"{rep} is told nowhere: NOTIFY_WEBHOOKS has neither '{rep}' nor a team of theirs nor 'default'."
        )
    address = ranked[0]
    answer = {"rep": rep, "address": address.name, "kind": address.kind}
    try:
        delivered = chat.send(address, a_test(rep, language=policy.language))
    except NotifyError as error:
        if as_json:
            print_json({**answer, "sent": False, "why": str(error)})
            raise SystemExit(1) from error
        raise UserError(f"Not sent to {rep} by {address.kind} ('{address.name}'): {error}") from error
    if as_json:
        print_json({**answer, "sent": True, "status": delivered.status, "took_s": round(delivered.took_s, 3)})
        return
    took = f"HTTP {delivered.status} in {delivered.took_s:.1f} s"
    say(f"Sent to {rep} by {address.kind} ('{address.name}'): {took}.")
