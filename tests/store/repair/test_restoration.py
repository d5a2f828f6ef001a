"""The book of shares is restored once, by the first process that finds it lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import redis

from router.store.keys import Keys
from router.store.leads.commits import Commits
from router.store.repair.restoration import LostWrites, Restoration

NOW = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)


def test_a_book_without_shares_is_restored_once_too(redis_client: redis.Redis, keys: Keys) -> None:
    restoration, commits = Restoration(redis_client, keys), Commits(redis_client, keys)

    first = restoration.restore_book({"open:anna": 2}, at=NOW, rebuild=None)
    second = restoration.restore_book({"open:anna": 5}, at=NOW, rebuild=None)

    assert (first, second) == (True, False)
    assert commits.read_book()[0] == {"open:anna": 2}


def test_a_book_that_has_begun_stays(redis_client: redis.Redis, keys: Keys) -> None:
    restoration = Restoration(redis_client, keys)
    redis_client.hset(keys.book, "credit:idf:anna", "7")

    restored = restoration.restore_book({"credit:idf:anna": 9}, at=NOW, rebuild=None)

    assert not restored
    assert restoration.is_whole()
    assert Commits(redis_client, keys).read_book()[0] == {"credit:idf:anna": 7}


@pytest.mark.parametrize("begun", [False, True])
def test_lost_writes_are_searched_once_whether_or_not_a_book_is_there(
    redis_client: redis.Redis, keys: Keys, begun: bool
) -> None:
    restoration, search = Restoration(redis_client, keys), LostWrites(NOW.isoformat(), (5, 9))
    if begun:
        redis_client.hset(keys.book, "credit:idf:anna", "7")

    restoration.restore_book({}, at=NOW, rebuild=None, lost_writes=search)
    restoration.restore_book({}, at=NOW, rebuild=None, lost_writes=LostWrites("", (1,)))

    assert restoration.lost_writes() == search
