"""A script that keeps its connection is as robust as the client it was made of."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from tests.world.fleet import until

IMPATIENT_S = 0.3
BUSY = "local began = os.clock() while os.clock() - began < tonumber(ARGV[1]) do end"


@pytest.fixture
def inbox(redis_url: str, redis_client: redis.Redis, keys: Keys) -> Iterator[Inbox]:
    """An inbox whose client behaves like the receiver's, but gives up sooner."""
    retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    with redis.Redis.from_url(
        redis_url, decode_responses=True, protocol=3, socket_timeout=IMPATIENT_S, retry=retry
    ) as client:
        yield Inbox(client, keys)


def announced(redis_client: redis.Redis, keys: Keys) -> list[str]:
    return [entry["c"] for _, entry in redis_client.xrange(keys.inbox)]


def test_a_connection_that_broke_while_it_lay_idle_is_made_anew(
    inbox: Inbox, redis_client: redis.Redis, keys: Keys
) -> None:
    inbox.append([("501", 1)])
    redis_client.client_kill_filter(_type="normal", skipme=True)

    inbox.append([("502", 1)])

    assert announced(redis_client, keys) == ["501", "502"]


def test_a_server_that_lost_its_scripts_gets_them_again(
    inbox: Inbox, redis_client: redis.Redis, keys: Keys
) -> None:
    inbox.append([("501", 1)])
    redis_client.script_flush()

    inbox.append([("502", 1)])
    inbox.append([("503", 1)])

    assert announced(redis_client, keys) == ["501", "502", "503"]


def test_an_answer_that_comes_too_late_is_nobody_elses(
    inbox: Inbox, redis_client: redis.Redis, keys: Keys
) -> None:
    inbox.append([("501", 1)])
    busy = threading.Thread(target=redis_client.eval, args=(BUSY, 0, str(2 * IMPATIENT_S)))
    busy.start()

    sent: list[str] = []
    with pytest.raises(redis.TimeoutError):
        while True:  # until one comes while the server is busy
            sent.append("502")
            inbox.append([("502", 1)])  # its answer would be False: a wake-up is on its way already

    busy.join()
    assert until(lambda: announced(redis_client, keys).count("502") == len(sent), within_s=10)
    redis_client.delete(keys.awake)
    assert inbox.append([("503", 1)]) is True
    assert "503" in announced(redis_client, keys)


def test_threads_do_not_share_a_connection(inbox: Inbox, redis_client: redis.Redis, keys: Keys) -> None:
    def append(first: int) -> None:
        for number in range(first, first + 50):
            inbox.append([(str(number), 1)])

    def connections() -> set[str]:
        return {one["id"] for one in redis_client.client_list(_type="normal")}

    before = connections()  # those of other tests, too: some of their clients may still be there
    threads = [threading.Thread(target=append, args=(1_000 * thread,)) for thread in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(announced(redis_client, keys))) == 400
    # Whoever is gone leaves no connection behind.
    assert until(lambda: len(connections() - before) < 8, within_s=10)


def test_an_error_of_the_server_is_told_and_breaks_nothing(
    inbox: Inbox, redis_client: redis.Redis, keys: Keys
) -> None:
    redis_client.set(keys.inbox, "no stream")

    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        inbox.append([("501", 1)])

    redis_client.delete(keys.inbox)
    inbox.append([("502", 1)])
    assert announced(redis_client, keys) == ["502"]
