"""`router night`: the report of a night, in the terminal, as a page, or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Final

import click
from rich.table import Table

from router.cli.shared.failures import UserError
from router.cli.shared.formatting import print_json
from router.cli.shared.output import say
from router.cli.shared.screen import screen, table, titled
from router.cli.shared.services import services_with_rules
from router.notify.night.night_page import night_page
from router.notify.night.night_words import brake_lines, figures, headline, title, why_words, word
from router.plain import as_plain
from router.policy.reports.night_report import OUTCOMES, NightMove, NightReport
from router.security.private_files import write_report

SHOWN: Final = 50
LANGUAGE: Final = "en"


@click.command(
    epilog="\b\nExamples: router night\n          router night --date 2026-11-24 --html night.html"
)
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Which night; the last one by default."
)
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as a page to this file."
)
@click.option("--limit", type=click.IntRange(1), default=SHOWN, show_default=True, help="Leads to show.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def night(day: datetime | None, html: Path | None, limit: int, as_json: bool) -> None:
    """Show what the last night did: leads moved, from whom to whom and why, and what it found.

    The page that --html writes is in the language of routing.yaml. Exit code 1 while the brake holds leads
    back that wait for: router sweep --approve
    """
    services = services_with_rules()
    days = services.ledger.nights.days()
    wanted = day.date() if day else (days[0] if days else None)
    report = services.ledger.nights.of(wanted) if wanted else None
    if report is None:
        raise UserError(_no_night(wanted, days))
    policy = services.rules.policy()
    zone = policy.roster.timezone
    if html is not None:
        page = night_page(report, language=policy.language, zone=zone, portal=services.portal)
        try:
            write_report(html, page)
        except OSError as error:
            raise UserError(f"{html} cannot be written: {error.strerror}. Name another file.") from error
    if as_json:
        print_json(as_plain(report))
    else:
        _show(report, zone, limit=limit)
        if html is not None:
            say(f"The page: {html}")
    if report.brake is not None and report.brake.holds:
        raise SystemExit(1)


def _no_night(wanted: date | None, days: tuple[date, ...]) -> str:
    if not days:
        return "No night is over yet. Nights run in the processes 'cron' and 'housekeeping': router up"
    return f"There is no report of {wanted}. The last ones: {', '.join(map(str, days[:5]))}."


def _show(report: NightReport, zone: tzinfo, *, limit: int) -> None:
    out = screen()
    out.print(f"{title(report, LANGUAGE)}. {headline(report, LANGUAGE)}.")
    if report.brake is not None:
        for line in brake_lines(report.brake, LANGUAGE, zone=zone):
            out.print(line)
    out.print()
    counted = [(count, name, about) for name, count, about in figures(report, LANGUAGE)]
    out.print(table("leads", "", "", rows=counted, numbers=(0,)))
    out.print()
    for outcome in OUTCOMES:
        moves = [one for one in report.moves if one.outcome == outcome]
        if not moves:
            continue
        drawn = (
            _stayed(moves[:limit], zone) if any(one.note for one in moves) else _moved(moves[:limit], zone)
        )
        out.print(titled(word(LANGUAGE, f"heading_{outcome}"), drawn))
        if len(moves) > limit:
            out.print(f"… and {len(moves) - limit} more: --limit {len(moves)}")
            out.print()
    for why, count in sorted((report.stayed or {}).items(), key=lambda pair: -pair[1]):
        out.print(f"{count} had a reason to move, and stayed: {word(LANGUAGE, f'stay_{why}')}.")
    for sentence in report.drifted:
        out.print(f"{word(LANGUAGE, 'drift')}: {sentence}")


def _moved(moves: Sequence[NightMove], zone: tzinfo) -> Table:
    rows = [(one.contact_id, _from(one), one.goes_to, _why(one, zone), one.rule) for one in moves]
    return table("contact", "from", "to", "why", "rule", rows=rows)


def _stayed(moves: Sequence[NightMove], zone: tzinfo) -> Table:
    rows = [
        (one.contact_id, _from(one), _why(one, zone), word(LANGUAGE, f"note_{one.note}") if one.note else "")
        for one in moves
    ]
    return table("contact", "from", "why", "what happened", rows=rows)


def _from(move: NightMove) -> str:
    return move.came_from or word(LANGUAGE, "queue")


def _why(move: NightMove, zone: tzinfo) -> str:
    return why_words(move.reason, move.moment, LANGUAGE, zone=zone)
