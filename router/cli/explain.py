"""Why did this contact go where it went? `router explain` tells it from the ledger."""

from __future__ import annotations

from typing import Final

import click
from rich.console import Console
from rich.text import Text

from router.cli.desk import desk_here
from router.cli.dossier import STATES, Dossier, open_dossier, outcome_in_words
from router.cli.failures import Told
from router.cli.place import contact_id
from router.cli.screen import hanging, screen, table
from router.cli.words import local_time, print_json
from router.policy.decision import Decision
from router.policy.explanation import Step
from router.policy.rules import Policy

NEVER_SEEN: Final = (
    "Lead Router has never seen contact {contact}. Check the number in the address of its HubSpot page. "
    "A contact that was just created may still wait: see router health. One that no webhook announced is "
    "found by the nightly run, if it was created after Lead Router first started."
)


@click.command(epilog="Example: router explain 501")
@click.argument("contact", callback=contact_id)
@click.option(
    "--language", type=click.Choice(["fr", "en"]), help="Of the steps.  [default: that of the rules]"
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def explain(contact: str, language: str | None, as_json: bool) -> None:
    """Say why a contact went where it went: points, rules, reps passed over, shares, history."""
    found = open_dossier(desk_here(), contact)
    if found is None:
        raise Told(NEVER_SEEN.format(contact=contact))
    if as_json:
        print_json(found.as_json(language))
        return
    out = screen()
    if found.decision is None:
        out.print(Text(f"Contact {contact}: there was nothing to decide", "bold"))
    else:
        print_decision(out, found.decision, found.policy, found.steps(language))
    _print_state(out, found)


def print_decision(out: Console, decision: Decision, policy: Policy | None, steps: tuple[Step, ...]) -> None:
    """One decision in full, as the command and the demo show it."""
    zone = policy.roster.timezone if policy else None
    out.print(Text(f"Contact {decision.contact_id}: {outcome_in_words(decision)}", "bold"))
    decided_at = local_time(decision.decided_at, zone)
    out.print(Text(f"Decided {decided_at} ({zone or 'local time'}) by rules {decision.revision}", "dim"))
    if not steps:
        out.print(decision.reason)
        out.print(
            Text("The rule files of that day are not in the ledger, so the steps cannot be shown.", "yellow")
        )
    for step in steps:
        out.print(Text(step.title, "bold cyan"))
        for line in step.lines:
            out.print(hanging(line, width=out.width))


def _print_state(out: Console, found: Dossier) -> None:
    zone = found.policy.roster.timezone if found.policy else None
    if found.state is not None:
        out.print(Text.assemble(("Now: ", "bold"), STATES[found.state.state]))
    if found.parked_because:
        out.print(Text.assemble(("Why: ", "bold"), found.parked_because))
    rows = [(local_time(at, zone), what) for at, what in found.history()]
    if rows:
        out.print()
        out.print(table("when", "what happened", rows=rows))
