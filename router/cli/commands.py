"""The table of commands; the module of a command is loaded only when the command is called."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

import click

from router.cli.shared.failures import safely_quoting, user_error_of

COMMANDS: Final = {
    "demo": ("demo", "Route 200 contacts of a toy HubSpot portal, and check every one."),
    "check": ("rules.check", "Say every mistake in the rule files."),
    "test": ("rules.test", "Decide the example leads of config/tests, and compare."),
    "backtest": ("backtest.backtest", "Replay last month's leads through these rules, and say what changes."),
    "show": ("rules.show", "Show the policy as a tree, or write it as a document."),
    "schema": ("rules.schema", "Write what an editor needs to complete the rule files."),
    "setup": ("rules.setup", "Create the contact properties that Lead Router writes, or the app's webhooks."),
    "pull": ("rules.pull", "Write the portal's catalog that rule files are checked against."),
    "up": ("up", "Run everything on this machine until Ctrl-C."),
    "ledger": ("ledger", "Say which schema the ledger has, and bring it up to date."),
    "health": ("health", "Say how the service is doing, and what to do about it."),
    "explain": ("leads.explain", "Say why a contact, or a lead you type, goes where it goes."),
    "compare": ("team.compare", "Compare who HubSpot gave leads to with who we would have (shadow mode)."),
    "fairness": ("team.fairness", "Show what every rep received, and what was fair."),
    "response": ("team.response", "Show how fast every rep answers, and what their leads came to."),
    "weights": ("team.weights", "Show the weights that results call for, and on what evidence."),
    "credit": ("team.credit", "Give a rep credit for leads, which the rest of the team pays."),
    "settling": ("rules.settling", "Show how long leads waited for late facts, and which hardly ever come."),
    "revisions": ("rules.revisions", "List the rules that were live, who changed them, and what."),
    "undo": ("moving.undo", "Take back the owners that a revision set and nobody has touched since."),
    "reroute": ("moving.reroute", "Decide a rule's untouched leads anew, by the live rules."),
    "replay": ("leads.replay", "Compute a decision again, and say whether the same comes out."),
    "parked": (
        "leads.parked",
        "List the leads that need a person, or an outage to end.",
    ),
    "away": ("team.away", "Say who is away and why, or that a rep is away until a day."),
    "back": ("team.back", "Take back that a rep is away, or give them leads all the same."),
    "sweep": ("moving.sweep", "Show what the night would move, and approve what it held back."),
    "night": ("moving.night", "Show what the last night did: leads moved, found and left."),
    "revise": ("moving.revise", "Say whether late facts may move leads, and let them go on."),
    "overdue": ("moving.overdue", "List the leads that are due and that nobody works on."),
    "orphans": ("moving.orphans", "List the open leads of owners who were deactivated."),
    "notify": ("team.notify", "Say whom nobody could tell of a lead, and send a test message."),
    "queue": ("leads.queue", "List the leads that wait for a rep to claim them."),
    "claim": ("leads.claim", "Give a waiting lead to a rep, or make a link with which they can."),
    "release": ("leads.release", "Give a lead back to its team's queue, with the reason."),
    "token": ("team.token", "Say who may use the API, and make tokens for reps."),
    "links": ("team.links", "Revoke the claim links that a rep has."),
    "forget": ("leads.forget", "Erase every trace of a contact."),
}
"""Every command with its module below `router.cli` and its line in `router --help`."""


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Load modules without searching them for garbage, which takes a tenth of a command's start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class Commands(click.Group):
    """A group that loads only the called command, and turns known errors into sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """The names, in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        with _nothing_collected():
            command = getattr(import_module(f"router.cli.{module}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments before the command's name. An error quotes them safely."""
        try:
            return super().parse_args(ctx, args)
        except click.ClickException as error:
            raise safely_quoting(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. An error of the outside world becomes a sentence; a bug keeps its traceback."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            raise safely_quoting(error) from error.__cause__
        except (click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            sentence = user_error_of(error)
            if sentence is None:
                raise
            raise sentence from error


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="New here? Try: router demo",
)
@click.version_option(package_name="lead-router", prog_name="router")
def router() -> None:
    """Give every new HubSpot contact to the right sales rep, fairly, with the reason on the record.

    Settings come from the environment (see config/example.env). Exit codes: 0 yes, 1 no, 2 misuse.
    """
