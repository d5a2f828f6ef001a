"""The explanation of a contact's decision, from the ledger, with the events since."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from router.cli.leads.explain_lead import print_why_not, why_not_as_json, why_not_here
from router.cli.leads.history import outcome_in_words
from router.cli.leads.kept import pruned_before
from router.cli.leads.lead_history import STATES, LeadHistory, lead_history_of
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import local_time, print_json
from router.cli.shared.screen import screen, table, tree
from router.cli.shared.services import services_here
from router.policy.decision.decision import Decision
from router.policy.explanation.step import Step
from router.policy.leads.settle import without_company_facts
from router.policy.rules.policy import Policy
from router.policy.shares.share_book import Book
from router.security.visible import one_line
from router.store.leads.leads import State

NEVER_SEEN: Final = (
    "Lead Router has never seen contact {contact}. Check the number in the address of its HubSpot page. "
    "A contact that was just created may still wait: see router health. One that no webhook announced is "
    "found by the nightly run, if it was created after Lead Router first started."
)
NO_RULES: Final = "The rule files of that day are not in the ledger, so --why-not cannot be answered."


def explain_contact(contact: str, *, why_not_there: str | None, language: str | None, as_json: bool) -> None:
    """Print all that is known of a contact, and on request what would have sent it elsewhere."""
    services = services_here()
    found = lead_history_of(services, contact)
    if found is None:
        sentences = (pruned_before(services.ledger), NEVER_SEEN.format(contact=contact))
        raise UserError(" ".join(filter(None, sentences)))
    answer = None
    decision, policy = found.decision, found.policy
    if why_not_there is not None and decision is not None:
        if policy is None:
            raise UserError(NO_RULES)
        owners = services.people.owners.by_email()
        # With recorded inputs the book is the one of then; otherwise it is today's.
        seen = decision.inputs.book if decision.inputs else {}
        day = policy.roster.day_of(decision.decided_at)
        book = Book({**services.store.commits.read_book([day])[0], **seen})
        answer = why_not_here(decision, policy, why_not_there, book=book, owners=owners)
    spoken = language or (policy.language if policy else "en")
    if as_json:
        more = why_not_as_json(answer, policy, spoken, owners) if answer and policy else {}
        print_json({**found.as_json(language), **more})
        return
    out = screen()
    if decision is None:
        waits = found.state is not None and found.state.state is State.WAITING
        why = "waits for its facts" if waits else "there was nothing to decide"
        out.print(Text(f"Contact {contact}: {why}", "bold"))
    else:
        print_decision(out, decision, policy, found.steps(language))
    _print_state(out, found)
    if answer is not None and policy is not None:
        print_why_not(answer, policy, spoken, owners)


def print_decision(out: Console, decision: Decision, policy: Policy | None, steps: tuple[Step, ...]) -> None:
    """Print one decision in full, as the command and the demo show it."""
    zone = policy.roster.timezone if policy else None
    out.print(tree(f"Contact {decision.contact_id}: {outcome_in_words(decision)}", steps))
    decided_at = local_time(decision.decided_at, zone)
    out.print(Text(f"Decided {decided_at} ({zone or 'local time'}) by rules {decision.revision}", "dim"))
    if not steps:
        out.print(decision.reason)
        out.print(
            Text("The rule files of that day are not in the ledger, so the steps cannot be shown.", "yellow")
        )


def _print_state(out: Console, found: LeadHistory) -> None:
    zone = found.policy.roster.timezone if found.policy else None
    if found.state is not None:
        out.print(Text.assemble(("Now: ", "bold"), STATES[found.state.state], _wait_of(found, zone)))
    if found.merged_with:
        out.print(Text.assemble(("Merged with: ", "bold"), ", ".join(found.merged_with)))
    if found.parked_because:
        out.print(Text.assemble(("Why: ", "bold"), one_line(found.parked_because)))
    rows = [(local_time(line.at, zone), line.what) for line in found.history()]
    if rows:
        out.print()
        out.print(table("when", "what happened", rows=rows))


def _wait_of(found: LeadHistory, zone: ZoneInfo | None) -> str:
    """For what and until when a lead waits, to follow its state; "" for one that does not."""
    if found.state is None or found.state.state is not State.WAITING:
        return ""
    missing = ", ".join(without_company_facts(found.state.waits_for))
    until = found.waits_until
    when = "it is being read again" if until is None else f"until {local_time(until, zone)}"
    return f": waiting for {missing}; {when}"
