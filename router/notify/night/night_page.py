"""The report of a night as one HTML page to keep or send, without other files or scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from router.notify.night.night_words import (
    brake_lines,
    figures,
    headline,
    moment_words,
    number,
    title,
    why_words,
    word,
)
from router.policy.reports.night_report import NightMove, NightReport, Outcome

TEMPLATE: Final = Path(__file__).with_name("night_page.html")
MOST_ROWS: Final = 500
"""Rows of each table; a reader who wants more needs another form."""
ORDER: Final[tuple[Outcome, ...]] = ("held", "moved", "parked", "refused", "pending")


def night_page(report: NightReport, *, language: str, zone: tzinfo, portal: str) -> str:
    """The page as HTML in `fr` or `en`, with moments in `zone` and links into that HubSpot account."""
    ends = {name: moment_words(at, language, zone=zone) for name, at in _ends(report)}
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        language=language,
        title=escape(title(report, language)),
        headline=escape(headline(report, language)),
        notices="".join(_notices(report, language, zone)),
        figures="".join(_figure(*one, language=language) for one in figures(report, language)),
        sections="".join(_sections(report, language, zone, portal)),
        written=escape(word(language, "written", portal=portal, **ends)),
    )


def _ends(report: NightReport) -> Iterator[tuple[str, str]]:
    yield "began", report.began_at
    yield "ended", report.ended_at


def _notices(report: NightReport, language: str, zone: tzinfo) -> Iterator[str]:
    if report.brake is None:
        return
    kind = "bad" if report.brake.holds else "note"
    body = "".join(f"<p>{escape(line)}</p>" for line in brake_lines(report.brake, language, zone=zone))
    yield f'<div class="notice {kind}" role="status">{body}</div>'


def _figure(name: str, count: int, about: str, *, language: str) -> str:
    return (
        f"<div><dt>{escape(name)}</dt><dd>{number(count, language)} <small>{escape(about)}</small></dd></div>"
    )


def _sections(report: NightReport, language: str, zone: tzinfo, portal: str) -> Iterator[str]:
    if report.reasons:
        yield f"<h2>{escape(word(language, 'why').capitalize())}</h2><ul>"
        for reason, count in sorted(report.reasons.items(), key=lambda pair: -pair[1]):
            yield f"<li><b>{number(count, language)}</b> {escape(word(language, f'why_{reason}'))}</li>"
        yield "</ul>"
    for outcome in ORDER:
        moves = [one for one in report.moves if one.outcome == outcome]
        if moves:
            yield f"<h2>{escape(word(language, f'heading_{outcome}'))}</h2>"
            yield _table(moves, language, zone, portal)
            if len(moves) > MOST_ROWS:
                more = word(language, "more", count=number(len(moves) - MOST_ROWS, language), day=report.day)
                yield f"<p>{escape(more)}</p>"
    if report.stayed:
        yield f"<h2>{escape(word(language, 'stayed'))}</h2><ul>"
        for why, count in sorted(report.stayed.items(), key=lambda pair: -pair[1]):
            yield f"<li><b>{number(count, language)}</b> {escape(word(language, f'stay_{why}'))}</li>"
        yield "</ul>"
    if report.drifted:
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in report.drifted)
        yield f"<h2>{escape(word(language, 'drift'))}</h2><ul>{items}</ul>"
    if report.is_quiet:
        yield f"<p>{escape(word(language, 'quiet'))}</p>"


def _table(moves: list[NightMove], language: str, zone: tzinfo, portal: str) -> str:
    """A table of moves, with notes if any lead has one, else with new rep and rule."""
    stayed = any(one.note for one in moves)
    names = ("contact", "from", "why", "note") if stayed else ("contact", "from", "to", "why", "rule")
    head = "".join(f'<th scope="col">{escape(word(language, name))}</th>' for name in names)
    rows = "".join(_row(one, names, language, zone, portal) for one in moves[:MOST_ROWS])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(move: NightMove, names: Sequence[str], language: str, zone: tzinfo, portal: str) -> str:
    link = f"https://app.hubspot.com/contacts/{portal}/record/0-1/{move.contact_id}"
    cells = {
        "contact": f'<a href="{escape(link)}">{escape(move.contact_id)}</a>',
        "from": escape(move.came_from or word(language, "queue")),
        "to": escape(move.goes_to),
        "why": escape(why_words(move.reason, move.moment, language, zone=zone)),
        "rule": escape(move.rule),
        "note": escape(word(language, f"note_{move.note}")) if move.note else "–",
    }
    drawn = "".join(f'<td data-label="{escape(word(language, name))}">{cells[name]}</td>' for name in names)
    return f"<tr>{drawn}</tr>"
