"""`router fairness`: received and fair shares of every rep, with the reasons, from the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import click
from rich.text import Text

from router.cli.leads.kept import counted_whole
from router.cli.shared.chart import Chart, svg
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, local_time, print_json
from router.cli.shared.output import say
from router.cli.shared.people_arguments import check_name
from router.cli.shared.screen import screen, table, titled
from router.cli.shared.services import services_with_rules
from router.cli.team.compare import span
from router.plain import as_plain
from router.policy.reports.fairness import ShareReport
from router.policy.reports.sums.curves import Point
from router.policy.reports.sums.missed_sums import Missed
from router.routing.reports.fairness import CurvesWanted, Fairness, fairness_since
from router.routing.reports.share_history import ShareChange, share_changes
from router.security.private_files import write_report

HEADINGS: Final = (*("rep", "received", "fair share", "difference", "bound", "wait", "value", "away"),)

RETURNED: Final = (
    "{amount:.1f} {unit} of the bound are for leads that somebody else took, or that came back. "
    "The next leads even it out."
)
WHOLE_CURVES: Final = timedelta(days=7)
"""Longest span that is drawn with a point for each lead; a longer one has four points a day."""
LEAST_SHOWN: Final = 0.05
"""Leads or points that the line above rounds to 0.1."""


@click.command(
    epilog="\b\nExamples: router fairness --since 30d\n          router fairness --rep hugo --plot hugo.svg"
)
@click.option("--since", callback=span, default="30d", show_default=True, help="How far to look back.")
@click.option("--team", help="Only this team.")
@click.option("--rep", help="Only this rep: also why leads passed them by and what changed, dated.")
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the differences over time (SVG)."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def fairness(since: timedelta, team: str | None, rep: str | None, plot: Path | None, as_json: bool) -> None:
    """Show what every rep received, their fair share, and the difference.

    A rep's fair share is the rep's part, by weight, of every lead for which the rep was eligible: a rep who
    is away, full or lacks a skill neither earns nor owes. Exit code 1 if a difference is larger than the
    bound.
    """
    services = services_with_rules()
    points: CurvesWanted = "" if plot is None else "whole" if since <= WHOLE_CURVES else "thin"
    found = fairness_since(services, since=services.clock() - since, rep=rep, curves=points)
    check_name("team", team, found.roster.teams, former=(one.team for one in found.standings))
    check_name("rep", rep, found.roster.reps, former=(one.rep for one in found.standings))
    chosen = [one for one in found.standings if team in (None, one.team) and rep in (None, one.rep)]
    changes = share_changes(rep, since=found.since, ledger=services.ledger) if rep is not None else ()
    if plot is not None:
        write_report(plot, _picture(found, chosen))
    if as_json:
        print_json(_as_json(found, chosen, found.missed if rep is not None else None, changes))
    else:
        _show(found, chosen)
        if whole := counted_whole(services.ledger, found.since):
            say(whole)
        if rep is not None:
            _show_missed(rep, found.missed)
            _show_changes(rep, changes)
        if plot is not None:
            say(f"Drawn: {plot}")
    if any(one.beyond for one in chosen):
        raise SystemExit(1)


def _show(found: Fairness, chosen: Sequence[ShareReport]) -> None:
    out = screen()
    if not chosen:
        out.print(f"No fair share gave a lead since {local_time(found.since)}.")
        return
    for team in dict.fromkeys(one.team for one in chosen):
        of_team = [one for one in chosen if one.team == team]
        rows = [
            (
                one.rep,
                one.received,
                f"{one.fair_share:.1f}",
                f"{one.difference:+.2f}",
                "none" if one.bound is None else f"{one.bound:g}",
                one.longest_wait,
                one.value,
                one.days_away,
            )
            for one in of_team
        ]
        drawn = table(*HEADINGS, rows=rows, numbers=range(1, len(HEADINGS)))
        by = ", by points of score" if of_team[0].unit == "points" else ""
        out.print(titled(f"Team {team}, since {local_time(found.since)}{by}", drawn))
        if of_team[0].returned >= LEAST_SHOWN and of_team[0].bound is not None:
            out.print(RETURNED.format(amount=of_team[0].returned, unit=of_team[0].unit))
    out.print("difference: leads, or points, ahead (+) or behind (-) since the book of shares began.")
    out.print("wait: most leads in a row that they could have had. value: points. away: days.")
    for one in (one for one in chosen if one.beyond):
        side = "ahead" if one.difference > 0 else "behind"
        far = f"{one.rep} is {abs(one.difference):.1f} {one.unit} {side} in {one.team}"
        out.print(Text(f"{far}: more than {one.bound:g}.", "red"))


def _show_missed(rep: str, reasons: Sequence[Missed]) -> None:
    out = screen()
    out.print()
    if not reasons:
        out.print(f"No lead passed {rep} by: {rep} was eligible for every one of these teams' leads.")
        return
    leads, parts = sum(one.leads for one in reasons), sum(one.parts for one in reasons)
    rows = [
        (_days(one.first, one.last), one.leads, f"{one.parts:.1f}", one.team, one.reason) for one in reasons
    ]
    title = (
        f"{count_of(leads, 'lead')} passed {rep} by, of which {parts:.1f} would have been theirs by weight"
    )
    drawn = table("when", "leads", "theirs", "team", "why", rows=rows, numbers=(1, 2))
    out.print(titled(title, drawn))


def _show_changes(rep: str, changes: Sequence[ShareChange]) -> None:
    if changes:
        rows = [(local_time(one.at)[:10], one.team or "all", one.what) for one in changes]
        screen().print(titled(f"What changed for {rep}", table("when", "team", "what", rows=rows)))


def _days(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last:%m-%d}"


def _picture(found: Fairness, chosen: Sequence[ShareReport]) -> str:
    charts = [
        chart
        for team in dict.fromkeys(one.team for one in chosen)
        if (chart := _chart(found, [one for one in chosen if one.team == team])) is not None
    ]
    if not charts:
        raise UserError(
            f"No fair share gave a lead since {local_time(found.since)}, so there is nothing to draw."
        )
    return svg("Ahead (+) or behind (-) of the fair share", charts, scale=2)


def _chart(found: Fairness, of_team: Sequence[ShareReport]) -> Chart | None:
    team, unit, reps = of_team[0].team, of_team[0].unit, [one.rep for one in of_team]
    lines = found.curves.of(team=team, unit=unit)
    points = {rep: line for rep, line in lines.items() if rep in reps}
    moments = [point.at for line in points.values() for point in line]
    if not moments:
        return None
    first, last = min(moments), max(moments)
    long_s = (last - first).total_seconds() or 1.0

    def placed(line: Sequence[Point]) -> list[tuple[float, float]]:
        return [((point.at - first).total_seconds() / long_s, point.difference) for point in line]

    return Chart(
        title=f"Team {team}, in {unit}",
        lines={rep: placed(line) for rep, line in points.items()},
        ends=(local_time(first), local_time(last)),
        bounds=tuple(side * one.bound for one in of_team[:1] if one.bound is not None for side in (-1, 1)),
    )


def _as_json(
    found: Fairness,
    chosen: Sequence[ShareReport],
    reasons: Sequence[Missed] | None,
    changes: Sequence[ShareChange],
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "since": found.since.isoformat(),
        "standings": [{**as_plain(one), "beyond": one.beyond} for one in chosen],
    }
    if reasons is not None:
        facts["missed"] = [as_plain(one) for one in reasons]
        facts["news"] = [as_plain(one) for one in changes]
    return facts
