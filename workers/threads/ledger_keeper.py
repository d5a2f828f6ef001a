"""Looking after the ledger: is it usable, and is its file sound? Only the housekeeping process does.

A corrupt SQLite file is set aside and an empty one begun; everything else that can be wrong is waited for. It
has a thread of its own, because checking a large file takes a while, and giving back must not wait for it.
"""

from __future__ import annotations

import threading
from typing import Final

import redis

from router.bootstrap import ProcessContext
from router.ledger.engine import name_of
from router.ledger.opening.problems import LedgerProblem
from router.ledger.opening.set_aside import files_set_aside, set_aside_if_corrupt
from router.repeated import repeated
from router.store.health.progress import LEDGER
from workers import process

EVERY_S: Final = 15.0
FAILING_S: Final = 5.0
"""Seconds between two looks while the ledger cannot be used."""


def start(context: ProcessContext) -> threading.Thread:
    """Look after the ledger until the process is asked to end."""
    keeper = threading.Thread(target=_run, args=(context,), name="ledger", daemon=True)
    keeper.start()
    return keeper


def _run(context: ProcessContext) -> None:
    problem: LedgerProblem | None = None
    while True:
        try:
            problem = look(context)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look may succeed
            expected = isinstance(error, redis.RedisError | OSError)
            repeated.say(
                context.services.log,
                "ledger.not_looked_at",
                problem=type(error).__name__,
                exception=None if expected else error,
                why=str(error).partition("\n")[0],
            )
        if process.pause_s(FAILING_S if problem else EVERY_S):
            return


def look(context: ProcessContext) -> LedgerProblem | None:
    """Probe the ledger, set a corrupt file aside, and report for /health; what is still wrong, or None.

    Raises `redis.RedisError`, or `OSError` if a corrupt file cannot be renamed.
    """
    services, database = context.services, context.services.ledger.database
    problem = database.probe()
    if problem is not None and problem.kind == "corrupt":
        aside = set_aside_if_corrupt(database.url, now=services.clock())
        if aside is not None:
            services.log.error("ledger.set_aside", file=str(aside), why=problem.detail)
            problem = database.probe()
    if problem is None:
        services.store.outbox.remember_ledger(name_of(database.url))
    else:
        repeated.say(
            services.log,
            "ledger.unusable",
            problem=problem.kind,
            level="error",
            why=problem.sentence,
            remedy=problem.remedy,
            waiting=services.store.outbox.length(),
        )
    context.progress.observe(
        LEDGER,
        problem=problem.kind if problem else "",
        sentence=problem.sentence if problem else "",
        remedy=problem.remedy if problem else "",
        set_aside=" ".join(files_set_aside(database.url)),
    )
    return problem
