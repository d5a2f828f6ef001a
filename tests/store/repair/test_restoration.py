"""The book of shares is restored once, by the first process that finds it lost."""

from __future__ import annotations

from datetime import UTC, datetime

import redis

from router.store.keys import Keys
from router.store.leads.commits import Commits
from router.store.repair.restoration import Restoration

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
