"""Keeping the rules of a process up to date, in a thread of its own: judging may take seconds."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import redis

from router.bootstrap import ProcessContext
from router.repeated import repeated
from workers import process

EVERY_S: Final = 1.0
GIVES_WAY_S: Final = 0.0005
"""Longest time in seconds for which loading holds up a thread that routes leads; usual in Python are 5 ms.

20 calls to Redis beside a loading thread: 28 ms, and 18 ms with this (p50, on a busy machine).
"""


def start(context: ProcessContext) -> threading.Thread:
    """Look at the rule files every second until the process is asked to end."""
    keeper = threading.Thread(target=_run, args=(context,), name="rules", daemon=True)
    keeper.start()
    return keeper


def _run(context: ProcessContext) -> None:
    while not process.pause_s(EVERY_S):
        try:
            with _giving_way():
                context.services.rules.refresh()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look may succeed
            expected = isinstance(error, redis.RedisError | OSError)
            repeated.say(
                context.services.log,
                "rules.not_refreshed",
                problem=type(error).__name__,
                exception=None if expected else error,
                why=str(error).partition("\n")[0],
            )


@contextmanager
def _giving_way() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(GIVES_WAY_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
