"""What each process sees of its surroundings, at its start and every minute: the clocks, and its disk."""

from __future__ import annotations

import shutil
import threading
from typing import Final

import redis

from router.bootstrap import ProcessContext
from router.hubspot.api.errors import HubSpotError
from router.hubspot.clock_guard import OFF, ClockReading
from router.repeated import repeated
from router.store.health.progress import CLOCK, DISK
from workers import process

EVERY_S: Final = 60.0
WRONG_S: Final = 5.0
"""Seconds between two looks while the clock is wrong: it may be set right at any moment."""
FIRST_S: Final = 5.0
"""Longest time in seconds for which a starting process waits for its first look."""


def start(context: ProcessContext) -> threading.Thread:
    """Look until the process is asked to end; returns after the first look, or after five seconds."""
    looked = threading.Event()
    watcher = threading.Thread(target=_run, args=(context, looked), name="surroundings", daemon=True)
    watcher.start()
    looked.wait(FIRST_S)
    return watcher


def _run(context: ProcessContext, looked: threading.Event) -> None:
    while True:
        wrong = False
        try:
            wrong = look(context).verdict in ("off", "far off")
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look may succeed
            expected = isinstance(error, redis.RedisError | OSError)
            repeated.say(
                context.services.log,
                "surroundings.missed",
                problem=type(error).__name__,
                exception=None if expected else error,
                why=str(error).partition("\n")[0],
            )
        looked.set()
        if process.pause_s(WRONG_S if wrong else EVERY_S):
            return


def look(context: ProcessContext) -> ClockReading:
    """Compare our clock with HubSpot's and Redis', look at the disk, and report it for /health.

    Raises `redis.RedisError`.
    """
    reading = _measured(context)
    redis_ahead_s = _ahead_of_redis(context)
    log = context.services.log
    if reading.verdict in ("off", "far off"):
        repeated.say(
            log,
            "clock.differs",
            problem=reading.verdict,
            level="error" if reading.verdict == "far off" else "warning",
            ahead_of_hubspot_s=reading.ahead_s,
            takes_leads=context.clock_guard.may_take(),
        )
    if abs(redis_ahead_s) > OFF.total_seconds():
        repeated.say(log, "clock.differs", problem="redis", ahead_of_redis_s=round(redis_ahead_s, 1))
    context.progress.observe(
        CLOCK,
        verdict=reading.verdict,
        ahead_of_hubspot_s=reading.ahead_s,
        uncertain_s=reading.uncertain_s,
        ahead_of_redis_s=round(redis_ahead_s, 1),
    )
    if context.var_dir is not None:
        there = next(one for one in (context.var_dir, *context.var_dir.absolute().parents) if one.is_dir())
        usage = shutil.disk_usage(there)
        context.progress.observe(DISK, path=str(context.var_dir), free=usage.free, total=usage.total)
    return reading


def _measured(context: ProcessContext) -> ClockReading:
    """The last measurement, or a new one if that is too old, or shows a wrong clock."""
    reading = context.clock_guard.read()
    if reading.verdict == "fine" and (reading.age_s or 0.0) < EVERY_S / 2:
        return reading
    try:
        context.services.hubspot.ask_for_date()
    except HubSpotError as error:
        repeated.say(
            context.services.log, "clock.unknown", problem=type(error).__name__, level="info", why=str(error)
        )
    return context.clock_guard.read()


def _ahead_of_redis(context: ProcessContext) -> float:
    before = context.services.clock().timestamp()
    theirs = context.progress.redis_time()
    return (before + context.services.clock().timestamp()) / 2 - theirs
