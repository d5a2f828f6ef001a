"""A grant moves the book and tells the ledger in one step, or does nothing."""

from __future__ import annotations

import redis

from router.store.keys import Keys
from router.store.leads.commits import Commits
from router.store.leads.credits import Credits
from router.store.shared.outbox import Outbox

CHANGES = {"credit:idf:camille": 2_000_000_000, "credit:idf:hugo": -2_000_000_000}
EVENT = {"at": "2026-11-24T09:15:00+00:00", "kind": "credit_granted", "why": "Deux doublons"}


def test_a_grant_moves_the_book_and_tells_the_ledger(redis_client: redis.Redis, keys: Keys) -> None:
    done = Credits(redis_client, keys).change(CHANGES, version=0, event=EVENT)

    (line,) = Outbox(redis_client, keys).lines()
    assert done
    assert Commits(redis_client, keys).read_book() == (CHANGES, 1)
    assert (line.kind, line.contact_id, line.record) == ("event", "", EVENT)


def test_a_grant_on_an_old_reading_of_the_book_does_nothing(redis_client: redis.Redis, keys: Keys) -> None:
    Credits(redis_client, keys).change(CHANGES, version=0, event=EVENT)

    done = Credits(redis_client, keys).change(CHANGES, version=0, event=EVENT)

    assert not done
    assert Commits(redis_client, keys).read_book() == (CHANGES, 1)
    assert Outbox(redis_client, keys).length() == 1
