"""Batches are decided one after the other, wherever they are decided; nobody waits for the dead."""

from __future__ import annotations

import threading
import time

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from router.store.drains import decision_lock as decision_lock
from router.store.drains.decision_lock import DecisionLock
from router.store.keys import Keys


def test_two_processes_never_have_the_turn_at_once(redis_client: redis.Redis, keys: Keys) -> None:
    inside, most, done = [0], [0], []

    def decide(turn: DecisionLock) -> None:
        for _ in range(20):
            with turn:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0)
                inside[0] -= 1
        done.append(turn)

    ours, theirs = DecisionLock(redis_client, keys), DecisionLock(redis_client, keys)
    threads = [threading.Thread(target=decide, args=(turn,)) for turn in (ours, ours, theirs, theirs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(done) == 4
    assert most == [1]


def test_whoever_waits_is_woken_when_the_turn_ends(
    redis_client: redis.Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision_lock, "LOOK_S", 60.0)
    monkeypatch.setattr(decision_lock, "PATIENCE_S", 60.0)
    mine, entered = DecisionLock(redis_client, keys), threading.Event()

    def wait_for_it() -> None:
        with DecisionLock(redis_client, keys):
            entered.set()

    waiting = threading.Thread(target=wait_for_it)
    with mine:
        waiting.start()
        ends_at = time.monotonic() + 10
        while not redis_client.info("clients")["blocked_clients"] and time.monotonic() < ends_at:
            time.sleep(0.005)
        assert not entered.is_set()

    assert entered.wait(timeout=20)
    waiting.join(timeout=20)


@pytest.mark.parametrize(("stay_s", "stays"), [(60.0, True), (0.0, False)])
def test_a_turn_is_handed_on_within_a_process_for_a_while(
    redis_client: redis.Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch, stay_s: float, stays: bool
) -> None:
    monkeypatch.setattr(decision_lock, "STAY_S", stay_s)
    turn, names = DecisionLock(redis_client, keys), []

    def note_whose_turn_it_is() -> None:
        with turn:
            names.append(redis_client.get(keys.decision_lock))

    next_one = threading.Thread(target=note_whose_turn_it_is)
    with turn:
        names.append(redis_client.get(keys.decision_lock))
        next_one.start()
        ends_at = time.monotonic() + 10
        while not turn._waiting and time.monotonic() < ends_at:
            time.sleep(0.001)
    next_one.join(timeout=20)

    assert (names[0] == names[1]) is stays
    assert not redis_client.exists(keys.decision_lock), "nobody waits any more"


def test_the_bell_is_rung_once_however_often_nobody_listens(redis_client: redis.Redis, keys: Keys) -> None:
    turn = DecisionLock(redis_client, keys)
    for _ in range(5):
        with turn:
            pass

    assert redis_client.llen(keys.decision_lock_released) == 1


def test_a_turn_ends_by_itself_if_its_process_dies(redis_client: redis.Redis, keys: Keys) -> None:
    with DecisionLock(redis_client, keys):
        ends_in_ms = redis_client.pttl(keys.decision_lock)

    assert 0 < ends_in_ms <= decision_lock.LEASE_S * 1000


def test_whoever_waited_long_enough_decides_anyway(
    redis_client: redis.Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision_lock, "PATIENCE_S", 0.01)
    redis_client.set(keys.decision_lock, "somebody who died", px=60_000)

    with DecisionLock(redis_client, keys):
        pass

    assert redis_client.get(keys.decision_lock) == "somebody who died", "another's turn is not ended"


def test_a_turn_that_lasted_too_long_ends_without_harm(redis_client: redis.Redis, keys: Keys) -> None:
    mine, theirs = DecisionLock(redis_client, keys), DecisionLock(redis_client, keys)
    with mine:
        redis_client.delete(keys.decision_lock)  # as if the lease were over
        with theirs:
            pass

    with mine:
        assert redis_client.exists(keys.decision_lock)


def test_without_redis_nobody_is_locked_out(redis_client: redis.Redis, keys: Keys) -> None:
    turn = DecisionLock(redis.Redis(port=1, retry=Retry(NoBackoff(), 0)), keys)
    for _ in range(2):
        with pytest.raises(redis.ConnectionError), turn:
            pass
