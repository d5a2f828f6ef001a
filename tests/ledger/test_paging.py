"""A page of the ledger costs the same wherever it stands: a loop through all pages is not quadratic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from router.ledger import Ledger, open_ledger
from router.ledger.latest import last_words
from tests.world.databases import PORTAL
from tests.world.many_decisions import BEGAN, ENDED, RULES, contact_of, fill
from tests.world.records import a_record
from tests.world.statements import recorded, rows_read

ROWS = 20_000
PLACES = (0.01, 0.5, 0.9)
"""Where in the year the pages stand, as parts of it."""


@pytest.fixture
def year(database_url: str) -> Iterator[Ledger]:
    opened = open_ledger(database_url, PORTAL)
    with opened.database.begin() as connection:
        fill(connection, PORTAL, rows=ROWS)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")
    yield opened
    opened.close()


def of_the_year(ledger: Ledger, place: float) -> object:
    return last_words(ledger, since=BEGAN, until=ENDED, after=_after(place))


def of_a_revision(ledger: Ledger, place: float) -> object:
    within = (10 + place) / 20  # the eleventh of twenty revisions
    return last_words(ledger, since=BEGAN, until=ENDED, after=_after(within), revision="revision-10")


def of_a_rule(ledger: Ledger, place: float) -> object:
    return last_words(ledger, since=BEGAN, until=ENDED, after=_after(place), rule=f"rule-{RULES - 1}")


def not_looked_at(ledger: Ledger, place: float) -> object:
    return ledger.follow_ups.not_looked_at(before=ENDED, since=BEGAN, limit=100, after=_after(place))


def overdue(ledger: Ledger, place: float) -> object:
    after = sorted(contact_of(number, rows=ROWS) for number in range(ROWS))[int(place * ROWS)]
    return ledger.follow_ups.overdue(before=ENDED, after_id=after, limit=100)


def _after(place: float) -> str:
    return f"{(BEGAN + place * (ENDED - BEGAN)).replace(microsecond=0).isoformat()}|"


@pytest.mark.parametrize("page", [of_the_year, of_a_revision, of_a_rule, not_looked_at, overdue])
def test_a_later_page_reads_no_more_than_the_first(
    year: Ledger, page: Callable[[Ledger, float], object]
) -> None:
    costs = []
    for place in PLACES:
        with recorded(year.database._engine) as statements:
            page(year, place)
        with year.database.connect() as connection:
            costs.append(sum(rows_read(connection, one) for one in statements))

    assert max(costs) < 1.5 * min(costs)


def test_the_pages_of_a_revision_hold_each_lead_that_it_decided_last(ledger: Ledger) -> None:
    by_it = [a_record(str(number)) | {"revision": "wrong"} for number in range(7)]
    ledger.record([*by_it, a_record("9")], [])
    ledger.record([a_record("3", episode=1)], [])  # by the revision that came after it

    after, found = "", []
    while True:
        page = last_words(
            ledger, since=BEGAN, until=ENDED + timedelta(days=9), after=after, limit=2, revision="wrong"
        )
        found += [one["contact_id"] for one in page.records]
        if not (after := page.after):
            break

    assert found == ["0", "1", "2", "4", "5", "6"]


def test_leads_assigned_at_one_moment_are_each_on_one_page(ledger: Ledger) -> None:
    ledger.record([a_record(str(number)) for number in range(7)], [])

    after, found = "", []
    while True:
        page = ledger.follow_ups.not_looked_at(before=ENDED, since=BEGAN, limit=3, after=after)
        found += [one.contact_id for one in page.follow_ups]
        if not (after := page.after):
            break

    assert found == [str(number) for number in range(7)]
