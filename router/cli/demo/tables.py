"""The demo's report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from router.cli.demo.figures import Figures
from router.cli.demo.report import Report
from router.cli.leads.explain_contact import print_decision
from router.cli.shared.screen import table, titled


def print_report(out: Console, report: Report) -> None:
    """Print the whole report: shares, counts, times, calls, three decisions, checks."""
    found = report.figures
    out.print(Text(f"{report.contacts} contacts routed in {report.took_s:.1f} s\n", "bold green"))
    shares = table(
        *("team", "rep", "weight", "leads", "fair share", "credit"),
        rows=_shares(found),
        numbers=(2, 3, 4, 5),
    )
    out.print(titled("Leads per rep, and what each is owed (credit)", shares))
    if found.named:
        given = ", ".join(f"{rep} {leads}" for rep, leads in found.named.items())
        out.print(f"Outside of turns, named by a rule or owner of the account: {given}\n")
    out.print(titled("Decisions", _side_by_side(found.counts)))
    if found.latency_s:
        times = [f"{seconds:.2f} s" for seconds in found.latency_s.values()]
        latency = table(*found.latency_s, rows=[times], numbers=range(len(times)))
        out.print(titled("From the webhook's departure to the owner on the record", latency))
    calls = table("call", "times", "per lead", rows=_calls(found), numbers=(1, 2))
    out.print(titled("Calls to HubSpot (50 ms each)", calls))
    for one in report.explained:
        out.print(Rule(Text(one.heading, "bold"), align="left", style="dim"))
        print_decision(out, one.decision, one.policy, one.steps)
        out.print()
    out.print(Rule(Text("Checked on the portal's own records", "bold"), align="left", style="dim"))
    for check in report.checks:
        mark = Text("✓ ", "green") if check.is_kept else Text("✗ ", "bold red")
        out.print(Text.assemble(mark, str(check)))


def _shares(found: Figures) -> Iterator[tuple[object, ...]]:
    before = None
    for one in found.shares:
        team = "" if one.team == before else one.team
        before = one.team
        yield team, one.rep, f"{one.weight:g}", one.leads, f"{one.fair:.2f}", f"{one.credit:+.2f}"


def _side_by_side(counts: Mapping[str, Mapping[str, int]]) -> Table:
    grid = Table.grid(padding=(0, 3))
    grid.add_row(*(table(kind, "leads", rows=found.items(), numbers=(1,)) for kind, found in counts.items()))
    return grid


def _calls(found: Figures) -> Iterator[tuple[object, ...]]:
    for endpoint, times in sorted(found.calls.items(), key=lambda one: -one[1]):
        yield endpoint, times, f"{times / found.leads:.3f}" if found.leads else "–"
    total = sum(found.calls.values())
    yield "all", total, f"{total / found.leads:.3f}" if found.leads else "–"
