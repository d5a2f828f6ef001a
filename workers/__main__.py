"""`python -m workers worker|housekeeping|cron`: the processes behind the web receiver."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType
from typing import Final

import redis
from redis.exceptions import ConnectionError as RedisConnectionError

from router.bootstrap import ProcessContext, open_context
from router.repeated import repeated
from router.routing.intake.restore import clean_old_book
from router.security.printing import complain, guard_tracebacks
from router.security.private_files import NotPrivate
from router.settings import SettingsInvalid, read_settings
from router.store.embedded import EmbeddedServerError
from router.telemetry import set_up_logging
from router.wakeups import housekeeping_queue, leads_queue
from workers import jobs, process  # noqa: F401 - RQ finds the jobs loaded
from workers.rq_worker import RouterWorker
from workers.schedule import Schedule
from workers.threads import ledger_keeper, rules_keeper, surroundings, tick

ROLES: Final = ("worker", "housekeeping", "cron")
RENAMED: Final = {"night": "housekeeping"}
"""Roles by the names that older Procfiles call them."""
REDIS_AGAIN_S: Final = 0.5
LAST_MESSAGES_S: Final = 3.0
"""Messages to reps that are on their way when the process is asked to end may take this long."""


def main(arguments: list[str]) -> int:
    """Run one role until SIGTERM. Exit code 2 for wrong settings, 1 if our own Redis cannot start."""
    guard_tracebacks()
    role = RENAMED.get(arguments[0], arguments[0]) if len(arguments) == 1 else ""
    if role not in ROLES:
        complain(f"Usage: python -m workers {'|'.join(ROLES)}")  # there is no log yet
        return 2
    try:
        settings = read_settings()
        settings.close_var_dir()
    except (SettingsInvalid, NotPrivate) as error:
        complain(error)  # there is no log before there are settings
        return 2
    set_up_logging(form=settings.log_format, level=settings.log_level, secrets=settings.secrets)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        context = open_context(settings, role=role)
    except EmbeddedServerError as error:
        complain(error)  # a sentence for the person who started it
        return 1
    process.serve(context)
    if not _await_redis(context):
        return 0
    context.services.store.inbox.open()
    clean_old_book(context.services)
    context.services.rules.refresh()
    context.services.store.nights.born(context.services.clock())
    _settle_memory()
    context.services.log.info("process.started", role=role)
    surroundings.start(context)
    rules_keeper.start(context)
    if role == "cron":
        Schedule(context).run()
    else:
        tick.start(context, wakes=role == "worker")
        if role == "housekeeping":
            context.wake_ups.forget_lost()
            ledger_keeper.start(context)
        _work(
            context,
            leads_queue(context.services.portal)
            if role == "worker"
            else housekeeping_queue(context.services.portal),
        )
        context.services.notify.turns.finish(within_s=LAST_MESSAGES_S)
    context.services.log.info("process.ended", role=role)
    return 0


def _settle_memory() -> None:
    """Exempt everything built at the start from garbage collection, which saves 15 % of a decision's time.

    The jobs are loaded by then: RQ would load them for the first lead.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _work(context: ProcessContext, queue: str) -> None:
    """Work until asked to stop. RQ's worker quits when Redis is lost; a new one starts when it is back."""
    while not process.stopping():
        try:
            RouterWorker(queue, context.queue_client).work(logging_level="WARNING")
        except redis.RedisError as error:
            repeated.say(context.services.log, "redis.lost", problem=type(error).__name__, why=str(error))
        if not process.stopping() and not _await_redis(context):
            return


def _await_redis(context: ProcessContext) -> bool:
    """Wait until Redis answers; False if the process was asked to end meanwhile."""
    while not process.stopping():
        try:
            context.queue_client.ping()
        except (RedisConnectionError, redis.TimeoutError, redis.BusyLoadingError) as error:
            repeated.say(context.services.log, "redis.awaited", problem=type(error).__name__, why=str(error))
            process.pause_s(REDIS_AGAIN_S)
        else:
            return True
    return False


def _stop(_number: int, _frame: FrameType | None) -> None:
    process.stop()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    # A batch that is still in flight after the grace period must not hold up the exit; its claims come back.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
