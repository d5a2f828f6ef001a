"""A backtest on a terminal: the answer first, then reps who gain and lose, then examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from router.cli.shared.formatting import count_of
from router.cli.shared.screen import table
from router.policy.backtest.dealing.comparison import Comparison, CountChange, LeadFlow
from router.routing.backtest.run import Backtest

MOST_MOVES: Final = 12
BAR: Final = 24
_CHANGE: Final = ("before", "after", "change")


def print_backtest(
    out: Console, ran: Backtest, *, names: tuple[str, str], notes: Sequence[str], broken: Sequence[str]
) -> None:
    """Print everything, for people."""
    found = ran.comparison
    out.print(Text(headline(found), "bold"))
    out.print(Text(provenance(found, names), "dim"))
    for note in notes:
        out.print(Text(f"Note: {note}", "yellow"))
    if found.moves:
        _print(out, "Moves", ("from", "to", "leads", "%"), _moves(found.moves, found), numbers=(2, 3))
    if found.rep_moves:
        rows = _moves(found.rep_moves, found)
        _print(out, "From rep to rep", ("rep before", "rep after", "leads", "%"), rows, numbers=(2, 3))
    _print(out, "Leads per rep", ("rep", *_CHANGE), map(change_row, found.reps.items()), numbers=(1, 2, 3))
    _print(out, "Not with a rep", ("leads", *_CHANGE), map(change_row, elsewhere(found)), numbers=(1, 2, 3))
    _print(out, "Leads due, by hour", ("hour", "before", "after", ""), _hours(found), numbers=(1, 2))
    _print_examples(out, ran)
    for one in broken:
        out.print(Text(f"Limit broken: {one}", "bold red"))


def _print(
    out: Console,
    title: str,
    headings: tuple[str, ...],
    rows: Iterable[Sequence[object]],
    *,
    numbers: tuple[int, ...],
) -> None:
    out.print()
    out.print(Text(title, "bold"))
    out.print(table(*headings, rows=rows, numbers=numbers))


def change_row(row: tuple[str, CountChange]) -> tuple[str, ...]:
    """Name, count before, count after, difference."""
    name, change = row
    return name, f"{change.before:,}", f"{change.after:,}", signed(change)


def flow_row(move: LeadFlow, *, leads: int) -> tuple[str, ...]:
    """From where, to where, how many, and their part of all `leads`."""
    return move.before, move.after, f"{move.leads:,}", percent(move.leads, leads)


def headline(found: Comparison) -> str:
    """The answer in one sentence."""
    if not found.moved and not found.other_rep:
        return f"All {found.leads:,} leads go where they went."
    stays = f"; {found.other_rep:,} more stay in their team with another rep" if found.other_rep else ""
    share = percent(found.moved, found.leads)
    return f"{found.moved:,} of {found.leads:,} leads go elsewhere ({share}){stays}."


def provenance(found: Comparison, names: tuple[str, str]) -> str:
    """The leads replayed, and the two rule sets."""
    before, after = found.revisions
    return (
        f"{found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}, rules {before} ({names[0]}) → {after} ({names[1]})"
    )


def elsewhere(found: Comparison) -> Iterator[tuple[str, CountChange]]:
    """The counts that are about no rep."""
    yield "waiting in a queue", found.queued
    yield "… because nobody was eligible", found.unwanted
    yield f"nurture ({found.new_nurture:,} new)", found.nurtured
    yield "left alone", found.left_alone
    yield "taken by no rule but 'otherwise'", found.unrouted


def signed(change: CountChange) -> str:
    """`+12`, `-3`, or a dash for no change."""
    return f"{change.after - change.before:+,}" if change.after != change.before else "-"


def percent(part: int, whole: int) -> str:
    """`3.1%`."""
    return f"{100 * part / whole:.1f}%" if whole else "0.0%"


def _moves(moves: Sequence[LeadFlow], found: Comparison) -> Iterator[tuple[str, ...]]:
    yield from (flow_row(move, leads=found.leads) for move in moves[:MOST_MOVES])
    rest = sum(move.leads for move in moves[MOST_MOVES:])
    if rest:
        yield f"{len(moves) - MOST_MOVES} other moves", "", f"{rest:,}", percent(rest, found.leads)


def _hours(found: Comparison) -> Iterator[tuple[str, ...]]:
    most = max((one.after for one in found.due_by_hour), default=0) or 1
    for hour, one in enumerate(found.due_by_hour):
        if one.before or one.after:
            bar = "█" * round(BAR * one.after / most)
            yield f"{hour:02}–{hour + 1:02}", f"{one.before:,}", f"{one.after:,}", bar


def _print_examples(out: Console, ran: Backtest) -> None:
    examples = ran.comparison.examples
    if not examples:
        return
    out.print(Text(f"{count_of(len(examples), 'example')}", "bold"))
    for contact_id, one in zip(ran.example_ids, examples, strict=True):
        out.print(f"Contact {contact_id}, {one.arrived:%Y-%m-%d %H:%M} UTC")
        out.print(Padding(Text.assemble(("before  ", "dim"), one.before.reason), (0, 0, 0, 2)))
        out.print(Padding(Text.assemble(("after   ", "dim"), one.after.reason), (0, 0, 0, 2)))
