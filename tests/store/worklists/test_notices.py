"""Notices on a real server: noted once, taken by one, claimed once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import redis

from router.store.keys import Keys
from router.store.worklists.notices import REMEMBERED, Notice, Notices

NOW_MS = 1_795_000_000_000
NOW = datetime(2026, 11, 24, tzinfo=UTC)
NOTICE = Notice("501-0-ab", "501", "77", "chat", since_ms=NOW_MS)


@pytest.fixture
def notices(redis_client: redis.Redis, keys: Keys) -> Notices:
    return Notices(redis_client, keys)


def test_a_notice_is_due_at_its_time_and_not_before(notices: Notices) -> None:
    notices.note([NOTICE], due_ms=NOW_MS + 5)

    assert not notices.is_due(now_ms=NOW_MS + 4)
    assert notices.take(now_ms=NOW_MS + 4) is None
    assert notices.take(now_ms=NOW_MS + 5) == NOTICE


def test_of_many_who_look_at_once_each_notice_goes_to_one(notices: Notices) -> None:
    noted = [Notice(f"{number}-0-ab", str(number), "77", "task", NOW_MS) for number in range(100)]
    notices.note(noted, due_ms=NOW_MS)

    with ThreadPoolExecutor(8) as pool:
        taken = [one for one in pool.map(lambda _: notices.take(now_ms=NOW_MS), range(160)) if one]

    assert sorted(taken, key=lambda one: int(one.contact_id)) == noted


def test_only_one_may_send_and_it_is_remembered_for_a_month(notices: Notices) -> None:
    notices.note([NOTICE], due_ms=NOW_MS)
    first, second = notices.claim(NOTICE, now_ms=NOW_MS), notices.claim(NOTICE, now_ms=NOW_MS + 1)
    notices.settle(NOTICE, None)
    notices.note([NOTICE], due_ms=NOW_MS)
    month_ms = int(REMEMBERED.total_seconds() * 1000)

    assert (first, second) == ("ours", "out")
    assert notices.waiting() == 0
    other = Notice("502-0-ab", "502", "77", "chat", since_ms=NOW_MS)
    notices.note([other], due_ms=NOW_MS)
    notices.claim(other, now_ms=NOW_MS + month_ms + 1)
    notices.note([NOTICE], due_ms=NOW_MS)
    assert notices.claim(NOTICE, now_ms=NOW_MS + month_ms + 1) == "ours"


def test_noting_twice_neither_doubles_nor_hastens_a_notice(notices: Notices) -> None:
    notices.note([NOTICE], due_ms=NOW_MS + 9)
    notices.note([NOTICE], due_ms=NOW_MS)

    assert notices.waiting() == 1
    assert notices.take(now_ms=NOW_MS) is None


def test_a_notice_that_is_forgotten_while_it_is_sent_leaves_no_trace(
    notices: Notices, redis_client: redis.Redis
) -> None:
    ends = [
        lambda: notices.claim(NOTICE, now_ms=NOW_MS),
        lambda: notices.settle(NOTICE, {"kind": "notified"}),
        lambda: notices.put_back(NOTICE, at_ms=NOW_MS),
        lambda: notices.park(NOTICE, why="no", now=NOW, event={"kind": "notified"}),
    ]
    for end in ends:
        notices.note([NOTICE], due_ms=NOW_MS)
        assert notices.take(now_ms=NOW_MS) == NOTICE
        notices.forget(NOTICE.contact_id)

        end()

        assert redis_client.keys() == []


def test_a_parked_notice_is_counted_and_recorded_once(
    notices: Notices, redis_client: redis.Redis, keys: Keys
) -> None:
    notices.note([NOTICE], due_ms=NOW_MS)
    for _ in range(2):
        notices.park(NOTICE, why="no", now=NOW, event={"kind": "notified"})

    assert redis_client.hgetall(keys.counts) == {"notices_parked": "1"}
    assert redis_client.xlen(keys.outbox) == 1
    assert list(notices.parked()) == [NOTICE.id]
