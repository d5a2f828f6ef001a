"""A process that is asked to end while it starts does not wait for jobs for ever."""

from __future__ import annotations

import threading

import pytest
import redis

from workers import process
from workers.rq_worker import RouterWorker


def test_a_worker_that_was_asked_to_end_before_it_listened_ends_at_once(
    redis_url: str, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process._process, "stopping", threading.Event())
    process.stop()

    worked = RouterWorker("a-queue", redis.Redis.from_url(redis_url)).work(logging_level="CRITICAL")

    assert worked is False
