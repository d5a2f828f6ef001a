"""The schedule of housekeeping: the `cron` process requests jobs, and the `housekeeping` process runs them.

Any number of schedulers may run: a job that is requested already is not requested twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import redis
import sqlalchemy.exc

from router.bootstrap import ProcessContext
from router.wakeups import Job
from workers import nightly_run, process, reconciling

EVERY_S: Final = 1.0
REFRESH_EVERY: Final = timedelta(minutes=5)
NIGHT_EVERY: Final = timedelta(seconds=5)
WATCH_EVERY: Final = timedelta(minutes=1)
RECONCILE_EVERY: Final = timedelta(minutes=15)
REWRITE_EVERY: Final = timedelta(seconds=4)
"""Interval of rewriting; it takes at most half of this."""


class Schedule:
    """Decides each second which housekeeping is due."""

    def __init__(self, context: ProcessContext) -> None:
        self._context = context
        self._refreshed_at: datetime | None = None
        self._night_at: datetime | None = None
        self._reconciled_at: datetime | None = None
        self._watched_at: datetime | None = None
        self._rewritten_at: datetime | None = None

    def run(self) -> None:
        """Request due jobs until the process is asked to end."""
        while not process.pause_s(EVERY_S):
            try:
                self.look()
            except (redis.RedisError, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
                self._context.services.log.warning("schedule.missed", why=str(error))

    def look(self) -> tuple[Job, ...]:
        """Request every job that is due now; returns the jobs that were not requested before."""
        asked = tuple(job for job in self._due() if self._context.wake_ups.ask(job))
        self._context.progress.report("looks at what is due")
        return asked

    def _due(self) -> list[Job]:
        services, now = self._context.services, self._context.services.clock()
        store, now_ms = services.store, services.now_ms()
        services.rules.refresh()
        due = []
        if store.outbox.length():
            due.append(Job.RECORD)
        if store.verify.is_due(now_ms=now_ms):
            due.append(Job.VERIFY)
        if store.notices.is_due(now_ms=now_ms):
            due.append(Job.NOTIFY)
        if store.erasures.asked_for():
            due.append(Job.ERASE)
        if services.rules.live and store.queues.to_tend(now_ms=now_ms, limit=1):
            due.append(Job.TEND)
        if services.rules.live and store.changed.is_due(now_ms=now_ms):
            due.append(Job.FOLLOW)
        if self._watched_at is None or now - self._watched_at >= WATCH_EVERY:
            self._watched_at = now
            if services.rules.live and store.watched.is_due(now_ms=now_ms):
                due.append(Job.WATCH)
        if self._refreshed_at is None or now - self._refreshed_at >= REFRESH_EVERY:
            self._refreshed_at = now
            due.append(Job.REFRESH)
        if (
            self._reconciled_at is None
            or now - self._reconciled_at >= RECONCILE_EVERY
            or reconciling.is_unfinished(services)
        ):
            self._reconciled_at = now
            due.append(Job.RECONCILE)
        if (self._night_at is None or now - self._night_at >= NIGHT_EVERY) and nightly_run.is_due(services):
            self._night_at = now
            due.append(Job.NIGHT)
        if self._rewritten_at is None or now - self._rewritten_at >= REWRITE_EVERY:
            self._rewritten_at = now
            if services.ledger.rewrites.pending():
                due.append(Job.UPGRADE_LEDGER)
        return due
