"""A backtest as one page that can be sent around: no other files, no scripts, readable on a phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from router.cli.backtest import backtest_plots
from router.cli.backtest.backtest_tables import (
    change_row,
    elsewhere,
    flow_row,
    headline,
    percent,
    provenance,
    signed,
)
from router.pages import page
from router.policy.backtest.dealing.comparison import Comparison, CountChange
from router.routing.backtest.run import Backtest


def backtest_page(
    ran: Backtest, *, names: tuple[str, str], notes: Sequence[str], broken: Sequence[str]
) -> str:
    """The page as HTML; `names` say where the rules before and after are from."""
    found = ran.comparison
    return page(
        "backtest.html",
        language="en",
        title=f"Backtest of {names[1]} against {names[0]}",
        headline=headline(found),
        provenance=provenance(found, names),
        notes=notes,
        broken=broken,
        figures=_figures(found),
        found=found,
        elsewhere=elsewhere(found),
        by_hour=[(f"{hour:02}–{hour + 1:02} h", one) for hour, one in enumerate(found.due_by_hour)],
        examples=list(zip(ran.example_ids, found.examples, strict=True)),
        flow_rows=partial(map, partial(flow_row, leads=found.leads)),
        change_rows=partial(map, change_row),
        plots=backtest_plots,
    )


def _figures(found: Comparison) -> Iterator[tuple[str, int, str]]:
    yield "leads go elsewhere", found.moved, percent(found.moved, found.leads)
    yield "same team, other rep", found.other_rep, percent(found.other_rep, found.leads)
    yield "new in nurture", found.new_nurture, f"{found.nurtured.before:,} → {found.nurtured.after:,}"
    yield "waiting in a queue", found.queued.after, _beside(found.queued)
    yield "only 'otherwise' took", found.unrouted.after, _beside(found.unrouted)


def _beside(change: CountChange) -> str:
    return "as before" if change.before == change.after else f"{signed(change)} compared with before"
