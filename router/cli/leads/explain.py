"""`router explain`: why a lead goes where it goes, from the ledger or the rules on disk."""

from __future__ import annotations

from pathlib import Path

import click

from router.cli.shared.context import contact_id


@click.command(
    epilog="Examples: router explain 501    router explain zip=75011 type_demande=demo --why-not idf"
)
@click.argument("lead", nargs=-1, metavar="CONTACT | PROPERTY=VALUE ...")
@click.option(
    "--lead",
    "lead_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file of properties instead, or of a contact as HubSpot's API gives it.",
)
@click.option("--why-not", "why_not_there", metavar="RULE|TEAM|REP", help="Say what would send it there.")
@click.option("--now", metavar="MOMENT", help="Decide a typed lead as at 2026-11-24T10:15.  [default: now]")
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The rules for a typed lead.  [default: CONFIG_DIR, or config]",
)
@click.option(
    "--language", type=click.Choice(["fr", "en"]), help="Of the steps.  [default: that of the rules]"
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def explain(
    lead: tuple[str, ...],
    lead_file: Path | None,
    *,
    why_not_there: str | None,
    now: str | None,
    rules: Path | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Say why a contact went where it went: points, rules, reps passed over, shares, history.

    With properties instead of a contact's number, say where such a lead would go by the rules on disk; that
    needs no other setting and no network. A property of the company is written company.industry.
    """
    is_typed = lead_file is not None or any("=" in word for word in lead)
    if not is_typed:
        if len(lead) != 1:
            raise click.UsageError("Name one contact, or properties such as zip=75011, or --lead FILE.")
        if now is not None or rules is not None:
            raise click.UsageError("--now and --rules are for a typed lead; a contact has those of its day.")
        contact = contact_id(click.get_current_context(), explain.params[0], lead[0])
        # The ledger takes longer to load than a typed lead to decide.
        from router.cli.leads.explain_contact import explain_contact

        explain_contact(contact, why_not_there=why_not_there, language=language, as_json=as_json)
        return
    from router.cli.leads.explain_lead import explain_lead
    from router.cli.shared.lead_argument import lead_in, lead_typed, moment_typed
    from router.cli.shared.rules_here import rules_here

    if lead_file is not None and lead:
        raise click.UsageError("Give properties or --lead FILE, not both.")
    strange = [word for word in lead if "=" not in word]
    if strange:
        raise click.UsageError(
            f"'{strange[0]}' is no property: write property=value, with quotes around blanks."
        )
    here = rules_here(rules)
    explain_lead(
        lead_in(lead_file, here) if lead_file is not None else lead_typed(lead, here),
        here,
        now=moment_typed(now, here.policy.roster.timezone),
        why_not_there=why_not_there,
        language=language,
        as_json=as_json,
    )
