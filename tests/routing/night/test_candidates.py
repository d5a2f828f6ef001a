"""Leads of long queues come once each, page by page, whoever leaves meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from router.policy.reports.night_selection import Reason
from router.routing.night.candidates import candidates
from router.store.keys import Keys
from router.store.leads.queues import rank
from router.store.store import Store, open_store
from router.timestamps import epoch_ms
from tests.world.time import NOW

KEYS = Keys("4242")
NIGHT: Any = SimpleNamespace(
    now=NOW, policy=SimpleNamespace(night=SimpleNamespace(when_queued=timedelta(days=3)))
)
LONG_AGO = epoch_ms(NOW - timedelta(days=4))
LATELY = epoch_ms(NOW - timedelta(days=2))


@pytest.fixture
def store(redis_client: redis.Redis) -> Store:
    return open_store(redis_client, KEYS.portal)


def wait(client: redis.Redis, team: str, ids: range, *, since_ms: int) -> None:
    client.sadd(KEYS.queues, team)
    client.zadd(KEYS.queue(team), {str(one): rank(one % 3, since_ms=since_ms) for one in ids})


def pages(store: Store, *, after: str = "") -> Iterator[list[str]]:
    while True:
        found, after = candidates(
            NIGHT,
            Reason.QUEUED,
            after,
            hubspot=None,  # type: ignore[arg-type]
            store=store,
            ledger=None,  # type: ignore[arg-type]
        )
        yield found
        if not after:
            return


def test_every_lead_that_waits_too_long_comes_once(redis_client: redis.Redis, store: Store) -> None:
    wait(redis_client, "grands comptes", range(1, 12_001), since_ms=LONG_AGO)
    wait(redis_client, "grands comptes", range(20_000, 20_300), since_ms=LATELY)
    wait(redis_client, "idf", range(30_000, 30_050), since_ms=LONG_AGO)

    found = list(pages(store))

    assert all(len(page) <= 100 for page in found)
    assert sorted(int(one) for page in found for one in page) == [*range(1, 12_001), *range(30_000, 30_050)]


def test_leads_that_leave_between_pages_hide_no_other(redis_client: redis.Redis, store: Store) -> None:
    wait(redis_client, "idf", range(1, 351), since_ms=LONG_AGO)
    seen: list[str] = []

    for page in pages(store):
        seen += page
        redis_client.zrem(KEYS.queue("idf"), *page)  # the last of the page, too

    assert sorted(map(int, seen)) == list(range(1, 351))


def test_a_night_that_an_earlier_version_began_looks_at_every_lead(
    redis_client: redis.Redis, store: Store
) -> None:
    wait(redis_client, "idf", range(1, 151), since_ms=LONG_AGO)

    assert sorted(int(one) for page in pages(store, after="120") for one in page) == list(range(1, 151))
