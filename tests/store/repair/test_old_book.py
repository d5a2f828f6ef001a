"""The book of an earlier version loses its past days, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest
import redis

from router.store.keys import Keys
from router.store.leads.commits import Commits, NewDecision, Outdated
from router.store.repair.old_book import OldBook

SUNDAY, MONDAY, TUESDAY = date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 24)
LASTING = {
    "credit:idf:anna": 7,
    "credit:idf:left": -7,
    "credit:gone:ben": 3,
    "open:anna": 2,
    "last:idf:anna": 9,
}
"""With the credit of a rep who left, and of a team that is no more: who comes back goes on with it."""


@pytest.fixture
def commits(redis_client: redis.Redis, keys: Keys) -> Commits:
    return Commits(redis_client, keys)


@pytest.fixture
def old_book(redis_client: redis.Redis, keys: Keys) -> OldBook:
    days = {"today:2026-11-24:anna": 4, "today:2026-11-24:ben": 1, "today:2026-11-23:anna": 6}
    past = {f"today:2025-{month:02}-{day:02}:anna": 5 for month in range(1, 13) for day in range(1, 29)}
    fields = {**LASTING, **days, **past, "version": 40}
    redis_client.hset(keys.book, mapping={name: str(value) for name, value in fields.items()})
    return OldBook(redis_client, keys)


def test_the_days_that_matter_get_their_hash_and_the_past_is_dropped(
    old_book: OldBook, commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    cleaned = old_book.clean(first_day=SUNDAY)

    assert cleaned == 3 + 12 * 28
    assert commits.read_book()[0] == LASTING
    assert commits.read_book([TUESDAY])[0] == LASTING | {
        "today:2026-11-24:anna": 4,
        "today:2026-11-24:ben": 1,
    }
    assert commits.read_book([MONDAY])[0] == LASTING | {"today:2026-11-23:anna": 6}
    days = redis_client.keys(f"{keys.book_of_day('')}*")
    assert sorted(days) == [keys.book_of_day("2026-11-23"), keys.book_of_day("2026-11-24")]
    assert all(0 < redis_client.ttl(one) <= 4 * 86_400 for one in days)


def test_a_clean_book_stays_as_it_is(old_book: OldBook, commits: Commits) -> None:
    old_book.clean(first_day=SUNDAY)
    before = commits.read_book([MONDAY, TUESDAY])

    assert old_book.clean(first_day=SUNDAY) == 0
    assert commits.read_book([MONDAY, TUESDAY]) == before


def test_what_an_old_process_counts_meanwhile_is_added(
    old_book: OldBook, commits: Commits, redis_client: redis.Redis, keys: Keys
) -> None:
    old_book.clean(first_day=SUNDAY)
    redis_client.hincrby(keys.book, "today:2026-11-24:anna", 1)  # as the old version's scripts do

    old_book.clean(first_day=SUNDAY)

    assert commits.read_book([TUESDAY])[0]["today:2026-11-24:anna"] == 5


def test_a_decision_on_the_days_as_they_were_before_is_outdated(old_book: OldBook, commits: Commits) -> None:
    _, version = commits.read_book([TUESDAY])
    old_book.clean(first_day=SUNDAY)

    late = NewDecision("501", 0, "501-0-abcd", "7", "", {}, {"today:2026-11-24:anna": 1}, b"{}")

    assert commits.commit([late], version=version, now_ms=5) == Outdated()
