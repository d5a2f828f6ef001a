"""A backtest as one page that can be sent around: no other files, no scripts, readable on a phone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from router.cli.backtest import backtest_plots as plots
from router.cli.backtest.backtest_tables import elsewhere, headline, percent, provenance, signed
from router.policy.backtest.dealing.comparison import Comparison, CountChange, Example, LeadFlow
from router.routing.backtest.run import Backtest

TEMPLATE: Final = Path(__file__).with_name("backtest_page.html")
_KEY: Final = (
    '<p class="key soft"><span style="background:var(--before)"></span>before'
    '<span style="background:var(--after)"></span>after</p>'
)


def backtest_page(
    ran: Backtest, *, names: tuple[str, str], notes: Sequence[str], broken: Sequence[str]
) -> str:
    """The page as HTML; `names` say where the rules before and after are from."""
    found = ran.comparison
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(f"Backtest of {names[1]} against {names[0]}"),
        headline=escape(headline(found)),
        provenance=escape(provenance(found, names)),
        notices="".join(_notices(notes, broken)),
        figures="".join(_figures(found)),
        sections="".join(_sections(ran)),
    )


def _notices(notes: Sequence[str], broken: Sequence[str]) -> Iterator[str]:
    yield from (f'<p class="bad">Limit broken: {escape(one)}</p>' for one in broken)
    yield from (f'<p class="note">Note: {escape(one)}</p>' for one in notes)


def _figures(found: Comparison) -> Iterator[str]:
    yield _figure("leads go elsewhere", found.moved, percent(found.moved, found.leads))
    yield _figure("same team, other rep", found.other_rep, percent(found.other_rep, found.leads))
    yield _figure(
        "new in nurture", found.new_nurture, f"{found.nurtured.before:,} → {found.nurtured.after:,}"
    )
    yield _figure("waiting in a queue", found.queued.after, _beside(found.queued))
    yield _figure("only 'otherwise' took", found.unrouted.after, _beside(found.unrouted))


def _figure(what: str, number: int, beside: str) -> str:
    return f"<div><dt>{escape(what)}</dt><dd>{number:,} <small>{escape(beside)}</small></dd></div>"


def _beside(change: CountChange) -> str:
    return "as before" if change.before == change.after else f"{signed(change)} compared with before"


def _sections(ran: Backtest) -> Iterator[str]:
    found = ran.comparison
    if found.moves:
        yield "<h2>Where leads move</h2>"
        yield f'<div class="plot">{plots.flows(found.moves)}</div>'
        yield _folded("All moves as a table", _moves_table(found.moves, found))
    yield f"<h2>Leads per rep</h2>{_KEY}"
    yield f'<div class="plot">{plots.shares(list(found.reps.items()))}</div>'
    yield _folded("Leads per rep as a table", _changes_table("rep", found.reps.items()))
    if found.rep_moves:
        yield _folded("From which rep to which", _moves_table(found.rep_moves, found))
    yield "<h2>Not with a rep</h2>"
    yield _changes_table("leads", elsewhere(found))
    yield f"<h2>When leads fall due</h2><p class='soft'>Leads by the hour of the day, local time.</p>{_KEY}"
    yield f'<div class="plot">{plots.hours(found.due_by_hour)}</div>'
    by_hour = ((f"{hour:02}–{hour + 1:02} h", change) for hour, change in enumerate(found.due_by_hour))
    yield _folded("Leads due by hour as a table", _changes_table("hour", by_hour))
    if found.examples:
        yield "<h2>Ten leads that move</h2>" if len(found.examples) == 10 else "<h2>Leads that move</h2>"
        for contact_id, example in zip(ran.example_ids, found.examples, strict=True):
            yield _example(contact_id, example)


def _folded(title: str, table: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{table}</details>"


def _moves_table(moves: Sequence[LeadFlow], found: Comparison) -> str:
    rows = ((move.before, move.after, f"{move.leads:,}", percent(move.leads, found.leads)) for move in moves)
    return _table("Moves", ("from", "to", "leads", "of all"), rows, numbers=2)


def _changes_table(what: str, changes: Iterable[tuple[str, CountChange]]) -> str:
    rows = ((name, f"{one.before:,}", f"{one.after:,}", signed(one)) for name, one in changes)
    return _table(f"Leads by {what}", (what, "before", "after", "change"), rows, numbers=3)


def _table(label: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int) -> str:
    """A table whose last columns are numbers; if it is too wide, it can be scrolled by keyboard."""
    texts = len(headings) - numbers
    head = "".join(
        f'<th scope="col"{" class=n" if place >= texts else ""}>{escape(one)}</th>'
        for place, one in enumerate(headings)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{' class=n' if place >= texts else ''}>{escape(cell)}</td>" for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _example(contact_id: str, example: Example) -> str:
    return (
        f'<article class="lead"><h3>Contact {escape(contact_id)} '
        f'<span class="soft">{example.arrived:%Y-%m-%d %H:%M} UTC</span></h3><dl>'
        f"<dt>before</dt><dd>{escape(example.before.reason)}</dd>"
        f"<dt>after</dt><dd>{escape(example.after.reason)}</dd></dl></article>"
    )
