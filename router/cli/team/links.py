"""`router links`: the reps whose claim links were revoked, and revoking them."""

from __future__ import annotations

import click

from router.cli.shared.formatting import local_time, print_json
from router.cli.shared.output import say
from router.cli.shared.people_arguments import check_name
from router.cli.shared.services import services_with_rules
from router.routing.portal.live_rules import NoRules
from router.routing.portal.services import Services
from router.routing.queues.revoked_links import revocations, revoke_links


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples: router links\n          router links revoke camille\n"
    "          router links revoke camille --json",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.pass_context
def links(ctx: click.Context, as_json: bool) -> None:
    """List the reps whose claim links were revoked in the last three days.

    Links are made by: router claim CONTACT --rep REP --link. Each one expires after two days by itself.
    """
    if ctx.invoked_subcommand is not None:
        return
    found = revocations(services_with_rules())
    if as_json:
        print_json([{"rep": rep, "valid_since": moment.isoformat()} for rep, moment in found.items()])
        return
    lines = [f"{rep}: links made before {local_time(moment)} are revoked" for rep, moment in found.items()]
    say("\n".join(lines) or "No claim links were revoked lately. To revoke: router links revoke REP")


@links.command(
    "revoke", short_help="Revoke the links of a rep.", epilog="Example: router links revoke camille --json"
)
@click.argument("rep")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def revoke(rep: str, as_json: bool) -> None:
    """Revoke every claim link of REP that was made until now, in every process at once.

    New links work. The links of somebody who is not in team.yaml claim nothing anyway.
    """
    services = services_with_rules()
    _check_rep(services, rep)
    moment = revoke_links(services, rep)
    if as_json:
        print_json({"rep": rep, "valid_since": moment.isoformat()})
    else:
        say(f"The claim links of {rep} made until now open nothing any more; new ones work.")


def _check_rep(services: Services, rep: str) -> None:
    """Raise UserError for a name that is not in team.yaml, whose links claim nothing."""
    try:
        known = services.rules.policy().roster.reps
    except NoRules:
        return  # a revocation must not wait until somebody has mended the rule files
    if rep not in known:  # the ledger is asked only for somebody who has left, so that it may be down
        check_name("rep", rep, known, former=revocations(services))
