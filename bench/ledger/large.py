"""Measure what the ledger is asked for at a million decisions: a write, a story, a night, an undo.

    python -m bench.ledger.large [--rows 1000000] [--url sqlite:///large.sqlite3]

The database is made if it is empty, which takes minutes (5 GB at a million); PostgreSQL needs an empty one.
Each figure is the time until the answer, in milliseconds; a loop through pages that takes more than a minute
is left, and shown with how far it came.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from router.ledger import Ledger, open_ledger
from router.ledger.latest import last_words
from tests.world.many_decisions import BEGAN, ENDED, RULES, contact_of, fill
from tests.world.records import a_record

PORTAL: Final = "4242"
PATIENCE_S: Final = 60.0


def moved_leads(ledger: Ledger, rows: int) -> None:
    """Recording 100 leads that were reassigned."""
    leads = [contact_of(rows - 1_000 + 10 * number, rows=rows) for number in range(100)]
    at = ENDED.isoformat()
    ledger.record([a_record(one, episode=1) | {"decided_at": at} for one in leads], [])


def story(ledger: Ledger, rows: int) -> None:
    """Everything about one contact."""
    contact = contact_of(rows // 2, rows=rows)
    ledger.decisions_of(contact)
    ledger.events_of(contact)
    ledger.follow_ups.of_contact(contact)


def running(ledger: Ledger, rows: int) -> None:
    """The running follow-ups of a hundred contacts, as a night asks for each hundred leads."""
    ledger.follow_ups.running_of([contact_of(rows // 2 + number, rows=rows) for number in range(100)])


def overdue(ledger: Ledger, _rows: int) -> Iterator[int]:
    """The candidates of a sweep, up to 10,000: pages of leads that are overdue."""
    after, found = "", 0
    while found < 10_000:
        page = ledger.follow_ups.overdue(before=ENDED, after_id=after, limit=100)
        found += len(page)
        yield found
        if len(page) < 100:
            return
        after = page[-1]


def undo(ledger: Ledger, _rows: int) -> Iterator[int]:
    """The leads of a revision that decided a twentieth of the year, half a year ago."""
    return _words(ledger, revision="revision-10")


def reroute(ledger: Ledger, _rows: int) -> Iterator[int]:
    """The leads that a rule decided, a tenth of the last month."""
    return _words(ledger, since=ENDED - timedelta(days=30), rule=f"rule-{RULES - 1}")


def repair(ledger: Ledger, _rows: int) -> Iterator[int]:
    """The leads of three days, as every night compares them."""
    return _words(ledger, since=ENDED - timedelta(days=3), limit=100)


def followed(ledger: Ledger, _rows: int) -> Iterator[int]:
    """The follow-ups of 90 days, as every night looks at them."""
    after, found = "", 0
    while True:
        page = ledger.follow_ups.not_looked_at(
            before=ENDED, since=ENDED - timedelta(days=90), limit=100, after=after
        )
        ledger.follow_ups.looked_at([one.decision_id for one in page.follow_ups], at=ENDED)
        found += len(page.follow_ups)
        yield found
        if not (after := page.after):
            return


def _words(ledger: Ledger, *, since: datetime = BEGAN, limit: int = 500, **by: str) -> Iterator[int]:
    after, found = "", 0
    while True:
        page = last_words(ledger, since=since, until=ENDED, after=after, limit=limit, **by)
        found += len(page.records)
        yield found
        if not (after := page.after):
            return


ONCE: Final[tuple[Callable[[Ledger, int], None], ...]] = (moved_leads, story, running)
PAGED: Final[tuple[Callable[[Ledger, int], Iterator[int]], ...]] = (overdue, undo, reroute, repair, followed)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--url", default="sqlite:///large.sqlite3")
    given = parser.parse_args()
    began = time.perf_counter()
    ledger = open_ledger(given.url, PORTAL)
    print(f"opened in {time.perf_counter() - began:.1f} s")
    if not ledger.recent(limit=1):
        with ledger.database.begin() as connection:
            fill(connection, PORTAL, rows=given.rows, record_bytes=1_900)
        print(f"filled in {time.perf_counter() - began:.1f} s")
    for ask in ONCE:
        began = time.perf_counter()
        ask(ledger, given.rows)
        print(f"{ask.__name__:<12} {(time.perf_counter() - began) * 1_000:12,.1f} ms")
    for pages in PAGED:
        began, found, left = time.perf_counter(), 0, ""
        for so_far in pages(ledger, given.rows):
            found = so_far
            if time.perf_counter() - began > PATIENCE_S:
                left = ", left there"
                break
        took_ms = (time.perf_counter() - began) * 1_000
        print(f"{pages.__name__:<12} {took_ms:12,.1f} ms {found:10,} rows{left}")
    ledger.close()


if __name__ == "__main__":
    main()
