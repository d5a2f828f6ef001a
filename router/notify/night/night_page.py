"""The report of a night as one HTML page to keep or send, without other files or scripts."""

from __future__ import annotations

from datetime import tzinfo
from functools import partial
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
from router.pages import page
from router.policy.reports.night_report import NightReport, Outcome

MOST_ROWS: Final = 500
"""Rows of each table; a reader who wants more needs another form."""
ORDER: Final[tuple[Outcome, ...]] = ("held", "moved", "parked", "refused", "pending")


def night_page(report: NightReport, *, language: str, zone: tzinfo, portal: str) -> str:
    """The page as HTML in `fr` or `en`, with moments in `zone` and links into that HubSpot account."""
    return page(
        "night.html",
        language=language,
        title=title(report, language),
        headline=headline(report, language),
        report=report,
        brake_lines=brake_lines(report.brake, language, zone=zone) if report.brake else (),
        figures=figures(report, language),
        moves={outcome: [one for one in report.moves if one.outcome == outcome] for outcome in ORDER},
        most_rows=MOST_ROWS,
        portal=portal,
        word=partial(word, language),
        number=partial(number, language=language),
        moment=partial(moment_words, language=language, zone=zone),
        why=partial(why_words, language=language, zone=zone),
    )
