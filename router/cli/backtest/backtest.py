"""`router backtest`: past leads replayed through these rules and others, and compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click
from msgspec.structs import replace
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from router.cli.backtest.backtest_limits import Limit, LimitUnclear, limit_of
from router.cli.backtest.backtest_tables import print_backtest
from router.cli.leads.kept import left_out
from router.cli.shared.context import settings_here
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import say
from router.cli.shared.rules_here import RulesHere, rules_here
from router.cli.shared.screen import progress, screen
from router.cli.shared.time import now_here
from router.plain import as_plain
from router.policy.backtest.dealing.past_absences import as_it_was
from router.policy.backtest.judging.condition_index import COMPUTED
from router.policy.leads.catalog import Catalog
from router.policy.rules.facts import facts_needed
from router.policy.rules.policy import Policy
from router.routing.backtest.blocks import Leads
from router.routing.backtest.csv_leads import CsvLeads, open_csv
from router.routing.backtest.csv_rows import LeadsUnreadable
from router.routing.backtest.ledger_leads import LedgerLeads
from router.routing.backtest.other_rules import (
    NothingToCompare,
    OtherRules,
    live_rules,
    rules_of_commit,
    rules_of_directory,
)
from router.routing.backtest.run import WORKERS, Backtest, rule_set, run_backtest
from router.rulefiles.yaml.quantities import span
from router.security.private_files import write_report

LEDGER: Final = "ledger"
FEW_BYTES: Final = 10_000_000
"""Exports up to this many bytes are replayed in this process: starting others would take longer."""
DEFAULT_SINCE: Final = "90d"
MOST_NAMED: Final = 8


@click.command(epilog='Example: router backtest --leads contacts.csv --against main --fail-if "moved > 20%"')
@click.option(
    "--leads",
    "source",
    required=True,
    metavar="FILE.csv|ledger",
    help="An export of contacts, or our ledger.",
)
@click.option("--since", metavar="90d", help="Only leads since so long ago.  [default: 90d for the ledger]")
@click.option(
    "--against",
    metavar="DIR|REVISION",
    help="The rules before: a directory or a git revision.  [default: the live ones, or HEAD for a file]",
)
@click.option(
    "--fail-if",
    "limits",
    multiple=True,
    metavar='"moved > 20%"',
    help="Exit with 1 if so. Figures: moved, unrouted, queued, nurture, new_nurture, or a rep's name.",
)
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with plots there."
)
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def backtest(
    source: str,
    since: str | None,
    against: str | None,
    limits: Sequence[str],
    html: Path | None,
    as_json: bool,
) -> None:
    """Replay real leads through these rules and through others, and say what changes.

    Both sides decide every lead in the order in which the leads came, each with its own shares. The rules on
    trial are those in CONFIG_DIR (or config). Nothing is written to HubSpot.

    Leaves and public holidays count on both sides. For leads of the ledger, absences set by router away or
    the API count too; absences reported by HubSpot do not, because they are not kept.
    """
    here = rules_here(None)
    try:
        found_limits = [limit_of(written, reps=here.policy.roster.reps) for written in limits]
    except LimitUnclear as error:
        raise click.UsageError(str(error)) from error
    try:
        leads = _leads(source, since, here.catalog)
        other = _other_rules(against, here, leads)
        ran, notes = _ran(leads, other, here)
    except (LeadsUnreadable, NothingToCompare) as error:
        raise UserError(str(error)) from error
    broken = _broken(found_limits, ran)
    if html is not None:
        from router.cli.backtest.backtest_page import backtest_page  # loaded only for --html

        names = (other.name, str(here.folder))
        write_report(html, backtest_page(ran, names=names, notes=notes, broken=broken))
    if as_json:
        print_json(_as_json(ran, notes, broken))
    else:
        print_backtest(screen(), ran, names=(other.name, str(here.folder)), notes=notes, broken=broken)
        if html is not None:
            say(f"Wrote {html}.")
    raise SystemExit(1 if broken else 0)


def _leads(source: str, since: str | None, catalog: Catalog) -> Leads:
    ago = _ago(since or (DEFAULT_SINCE if source == LEDGER else None))
    moment = None if ago is None else now_here() - ago
    if source == LEDGER:
        settings = settings_here()
        return LedgerLeads(
            settings.ledger_url.get_secret_value(), settings.hubspot_portal_id, moment or now_here()
        )
    path = Path(source)
    if not path.is_file():
        raise click.UsageError(
            f"There is no file {path}. Name an export of contacts, or write: --leads ledger"
        )
    return open_csv(path, catalog, since=moment)


def _ago(since: str | None) -> timedelta | None:
    if since is None:
        return None
    found = span(since)
    if found is None or found <= timedelta(0):
        raise click.UsageError(f"'{since}' is no span of time. Write it as 90d, 12h or 3 months.")
    return found


def _other_rules(against: str | None, here: RulesHere, leads: Leads) -> OtherRules:
    if against is not None and Path(against).is_dir():
        return rules_of_directory(Path(against), here.catalog)
    if against is None and isinstance(leads, LedgerLeads):
        from router.ledger import open_ledger  # SQLAlchemy takes a while to load, and a file needs no ledger

        ledger = open_ledger(leads.url, leads.portal)
        try:
            return live_rules(ledger, here.catalog)
        finally:
            ledger.close()
    return rules_of_commit(against or "HEAD", here.folder, here.catalog)


def _ran(leads: Leads, other: OtherRules, here: RulesHere) -> tuple[Backtest, list[str]]:
    then, now = _as_it_was(leads, other.policy), _as_it_was(leads, here.policy)
    before = rule_set(other.name, then, here.catalog)
    after = rule_set(str(here.folder), now, here.catalog)
    notes = _notes(leads, (other.policy, here.policy))
    large = not isinstance(leads, CsvLeads) or leads.shape.path.stat().st_size > FEW_BYTES
    columns = (TextColumn("Replaying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with progress(*columns) as show:
        ran = run_backtest(
            leads,
            before,
            after,
            workers=WORKERS if large else 1,
            progress=lambda count: show(advance=count),
        )
    if ran.left_out:
        notes.append(f"{count_of(ran.left_out, 'row')} left out: no create date that can be read.")
    return ran, notes


def _as_it_was(leads: Leads, policy: Policy) -> Policy:
    """The policy with the absences recorded at the time, as far as the leads' source has them."""
    if isinstance(leads, CsvLeads):
        return policy
    return replace(policy, roster=as_it_was(policy.roster, leads.words(), now=now_here()))


def _notes(leads: Leads, policies: tuple[Policy, Policy]) -> list[str]:
    """Remarks that a reader needs to judge the figures."""
    notes = []
    if isinstance(leads, CsvLeads):
        if leads.unknown:
            notes.append(f"Columns that no property has, ignored: {_some(leads.unknown)}.")
        asked = dict.fromkeys(fact for policy in policies for fact in facts_needed(policy))
        untold = [fact for fact in asked if fact not in COMPUTED and not leads.has_fact(fact)]
        if untold:
            notes.append(
                f"The rules ask for facts that no column tells, so no lead has them: {_some(untold)}."
            )
    else:
        if older := left_out(leads.kept_since(), leads.since):
            notes.append(older)
        for fact, count in leads.not_stored(policies).items():
            notes.append(f"{fact} was not stored for {count_of(count, 'lead')}: those count as without it.")
    if any(team.performance for policy in policies for team in policy.roster.teams.values()):
        notes.append("Weights are those of team.yaml: results do not change them here.")
    if any(rep.max_open_leads is not None for policy in policies for rep in policy.roster.reps.values()):
        notes.append("max_open_leads is not applied: when leads are closed is not known here.")
    return notes


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _broken(limits: Sequence[Limit], ran: Backtest) -> list[str]:
    found = (limit.broken_by(ran.comparison) for limit in limits)
    return [one for one in found if one is not None]


def _as_json(ran: Backtest, notes: Sequence[str], broken: Sequence[str]) -> dict[str, Any]:
    figures = as_plain(ran.comparison)
    for example, contact_id in zip(figures["examples"], ran.example_ids, strict=True):
        example["contact"] = contact_id
    return {"ok": not broken, "broken_limits": list(broken), "notes": list(notes), **figures}
