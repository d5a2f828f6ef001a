"""The tick of a worker process: without RQ's state, leads wait some seconds and none is lost."""

from __future__ import annotations

import threading
from typing import Final

import redis

from router.bootstrap import ProcessContext
from router.repeated import repeated
from workers import process

EVERY_S: Final = 2.0


def start(context: ProcessContext, *, wakes: bool) -> threading.Thread:
    """Tick until the process is asked to end; with `wakes`, waiting leads without a drain get a wake-up."""
    ticker = threading.Thread(target=_run, args=(context,), kwargs={"wakes": wakes}, name="tick", daemon=True)
    ticker.start()
    return ticker


def _run(context: ProcessContext, *, wakes: bool) -> None:
    pause_s = EVERY_S
    while not process.pause_s(pause_s):
        pause_s = EVERY_S
        try:
            tick(context, wakes=wakes)
            pause_s = _pause_s(context) if wakes else EVERY_S
        except (redis.RedisError, OSError) as error:
            repeated.say(context.services.log, "tick.missed", problem=type(error).__name__, why=str(error))
        repeated.flush()


def tick(context: ProcessContext, *, wakes: bool) -> None:
    """Report as alive, and wake a drain if leads wait and none runs."""
    context.progress.report("waits for leads")
    services = context.services
    if (
        wakes
        and services.store.inbox.has_work(now_ms=services.now_ms())
        and services.store.drains.should_wake()
    ):
        context.wake_ups.drain()


def _pause_s(context: ProcessContext) -> float:
    """Seconds until the next tick: two, or until the first lead that waits for its facts is due."""
    due_ms = context.services.store.settling.next_due_ms()
    left_s = 0.0 if due_ms is None else (due_ms - context.services.now_ms()) / 1000
    return left_s if 0 < left_s < EVERY_S else EVERY_S
