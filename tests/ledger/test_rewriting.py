"""Old rows are rewritten in the background, rewritten by rewritten, while readers take both forms."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from router.ledger import Ledger, open_ledger
from router.ledger.rewriting.rewrites import RewritingProgress, Rewritten
from router.ledger.tables import DECISIONS
from tests.world.databases import PORTAL
from tests.world.old_ledgers import load
from tests.world.records import a_record

DECIDED = 103
REWRITING = """
import sys
from router.ledger import open_ledger
ledger = open_ledger(sys.argv[1], "4242")
while ledger.rewrites.rewrite_some(rows=1):
    print("one more", flush=True)
"""


@pytest.fixture
def old(database_url: str) -> Iterator[Ledger]:
    """A ledger of an earlier version, just upgraded: no row has been rewritten yet."""
    load(database_url)
    opened = open_ledger(database_url, PORTAL)
    yield opened
    opened.close()


def rewrite_all(ledger: Ledger, *, rows: int = 40) -> list[Rewritten]:
    return list(iter(lambda: ledger.rewrites.rewrite_some(rows=rows), None))


def lacking(ledger: Ledger) -> int:
    with ledger.database.connect() as connection:
        return len(connection.execute(select(DECISIONS.c.id).where(DECISIONS.c.book_changes.is_(None))).all())


def test_the_book_of_shares_is_the_same_before_while_and_after(old: Ledger) -> None:
    before = old.shares.book()
    old.rewrites.rewrite_some(rows=40)
    meanwhile, left = old.shares.book(), lacking(old)
    rewrite_all(old)

    assert before == meanwhile == old.shares.book()
    assert (left, lacking(old)) == (DECIDED - 40, 0)
    assert before[1] == DECIDED
    assert any(name.startswith("credit:") for name in before[0])


def test_bites_are_bounded_and_end(old: Ledger) -> None:
    waited = old.rewrites.pending()

    bites = rewrite_all(old)

    assert [one.rows for one in bites] == [40, 40, 23]
    assert (waited, old.rewrites.pending()) == (True, False)
    assert old.rewrites.progress() == (RewritingProgress("book_changes", left=0, rows=DECIDED),)


def test_a_bite_whose_time_is_over_writes_what_it_has(old: Ledger) -> None:
    rewritten = old.rewrites.rewrite_some(longest_s=0.0)

    assert rewritten is not None
    assert rewritten.rows == 1
    assert old.rewrites.progress() == (RewritingProgress("book_changes", left=DECIDED - 1, rows=DECIDED),)


def test_several_processes_rewrite_each_row_once(old: Ledger, database_url: str) -> None:
    others = [open_ledger(database_url, PORTAL) for _ in range(3)]
    with ThreadPoolExecutor(len(others)) as pool:
        bites = [one for some in pool.map(lambda each: rewrite_all(each, rows=7), others) for one in some]
    for one in others:
        one.close()

    assert sum(one.rows for one in bites) == DECIDED
    assert lacking(old) == 0


def test_a_rewriting_that_was_killed_goes_on_where_it_was(old: Ledger, database_url: str) -> None:
    book = old.shares.book()
    process = subprocess.Popen([sys.executable, "-c", REWRITING, database_url], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    left = lacking(old)

    rest = sum(one.rows for one in rewrite_all(old))

    assert rest == left < DECIDED
    assert (lacking(old), old.shares.book()) == (0, book)


def test_a_new_decision_has_nothing_to_be_rewritten(ledger: Ledger) -> None:
    ledger.record([a_record() | {"book_changes": {"served:idf": 1}}], [])

    assert not ledger.rewrites.pending()
    assert ledger.shares.book() == ({"served:idf": 1}, 1)


def test_what_an_earlier_version_writes_after_the_upgrade_is_rewritten_too(old: Ledger) -> None:
    rewrite_all(old)
    with old.database.begin() as connection:
        connection.execute(text("UPDATE decisions SET book_changes = NULL WHERE episode = 1"))
    expected = lacking(old)

    assert sum(one.rows for one in rewrite_all(old)) == expected > 0


def test_an_erased_contact_leaves_the_same_totals_in_either_form(old: Ledger) -> None:
    first, second = [one for one in old.recent(limit=200) if one["book_changes"]][:2]
    before = old.shares.book()[0]
    old.erase(first["contact_id"])
    rewrite_all(old)
    old.erase(second["contact_id"])

    assert old.shares.book()[0] == before
