"""`router token`: the reps with an API token, and new tokens, each shown once."""

from __future__ import annotations

from pathlib import Path

import click

from router.cli.shared.context import settings_here
from router.cli.shared.failures import UserError
from router.cli.shared.output import say
from router.cli.shared.rules_here import rules_here
from router.web.tokens import made_for, reps_with_token, revoke


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples: router token add camille\n          router token revoke camille",
)
@click.pass_context
def token(ctx: click.Context) -> None:
    """List the reps who have a token for the API (/api/queues, /api/claims, /api/away …)."""
    if ctx.invoked_subcommand is not None:
        return
    reps = reps_with_token(_file())
    say("\n".join(reps) if reps else "No rep has a token. To make one: router token add REP")


@token.command(short_help="Make a token for a rep.", epilog="Example: router token add camille")
@click.argument("rep")
def add(rep: str) -> None:
    """Make a new token for a rep and print it; it is not kept, and the rep's older token ends."""
    path = _file()
    reps = rules_here(settings_here().config_dir).policy.roster.reps
    if rep not in reps:
        raise UserError(f"There is no rep '{rep}'. The reps in team.yaml are: {', '.join(reps)}.")
    say(made_for(rep, path))


@token.command("revoke", short_help="End a rep's token.", epilog="Example: router token revoke camille")
@click.argument("rep")
def revoke_token(rep: str) -> None:
    """End the token of a rep, at once."""
    if not revoke(rep, _file()):
        raise UserError(f"{rep} has no token.")
    say(f"The token of {rep} opens nothing any more.")


def _file() -> Path:
    path = settings_here().api_tokens_file
    if path is None:
        raise UserError(
            "The API is switched off: set API_TOKENS_FILE to the file that keeps the tokens' hashes."
        )
    return path
