"""`router revise`: how many leads late facts have moved, and letting them go on when the brake holds."""

from __future__ import annotations

import click

from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, local_time, print_json
from router.cli.shared.output import ask, say
from router.cli.shared.services import services_with_rules
from router.plain import as_plain


@click.command(
    epilog="\b\nExamples: router revise\n          router revise --json\n          router revise --approve"
)
@click.option("--approve", is_flag=True, help="Let late facts move leads again, for an hour without limit.")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON; approves only with --yes.")
def revise(*, approve: bool, yes: bool, as_json: bool) -> None:
    """Say how many leads were taken from their owner in the last hour because facts came or changed.

    More than 50, and more than 5 % of the last day's leads, are a sign of a mistake: then such leads stay
    where they are, until a person says --approve. Leads whose `revise` of routing.yaml is over by then stay
    for good. Leads that nobody has yet go on, and are not counted.
    """
    services = services_with_rules()
    brake = services.store.revision_brake
    moved, held = brake.moved_lately(now_ms=services.now_ms()), brake.held()
    facts = {"moved_last_hour": moved, "approved": brake.is_released()}
    if approve and held is None:
        raise UserError("Nothing waits for approval: late facts move leads as they come.")
    if as_json:
        print_json({**facts, "held": as_plain(held) if held else None, "approves": approve and yes})
    else:
        say(f"{count_of(moved, 'lead')} taken from their owner by late facts in the last hour.")
        if held is not None:
            since = local_time(held.since)
            say(f"Held since {since}: {held.moves} leads within an hour are more than {held.limit}.")
            if not approve:
                say("Is it meant? Look: router explain CONTACT. To let them move: router revise --approve")
    if not approve or (as_json and not yes):
        return
    if not yes:
        ask("Let late facts move leads again, for an hour without limit?")
    brake.release()
    services.log.info("revisions.approved")
    if not as_json:
        say("Approved. The leads that wait are looked at within a minute.")
