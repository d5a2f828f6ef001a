"""What has to be looked at, and when: the `cron` process. It only asks; the `night` process does it.

Any number of schedulers may run: a job that is asked for already is not asked for twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import redis
import sqlalchemy.exc

from router.bootstrap import Office
from router.queue import Job
from workers import night, reconciling
from workers import office as process

EVERY_S: Final = 1.0
REFRESH_EVERY: Final = timedelta(minutes=5)
NIGHT_EVERY: Final = timedelta(seconds=5)
WATCH_EVERY: Final = timedelta(minutes=1)
RECONCILE_EVERY: Final = timedelta(minutes=15)
REWRITE_EVERY: Final = timedelta(seconds=4)
"""Rewriting old rows takes the half of this, at most."""


class Schedule:
    """Decides each second which housekeeping is due."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._refreshed_at: datetime | None = None
        self._night_at: datetime | None = None
        self._reconciled_at: datetime | None = None
        self._watched_at: datetime | None = None
        self._rewritten_at: datetime | None = None

    def run(self) -> None:
        """Ask for what is due until the process is asked to end."""
        while not process.pause_s(EVERY_S):
            try:
                self.look()
            except (redis.RedisError, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
                self._office.desk.log.warning("schedule.missed", why=str(error))

    def look(self) -> tuple[Job, ...]:
        """Ask for every job that is due now; those that nobody had asked for yet."""
        asked = tuple(job for job in self._due() if self._office.wake_ups.ask(job))
        self._office.progress.report("looks at what is due")
        return asked

    def _due(self) -> list[Job]:
        office, now = self._office, self._office.desk.clock()
        office.desk.rules.refresh()
        due = []
        if office.desk.outbox.length():
            due.append(Job.RECORD)
        if office.desk.leads.to_verify(now_ms=office.desk.now_ms(), limit=1):
            due.append(Job.VERIFY)
        if office.desk.notices.is_due(now_ms=office.desk.now_ms()):
            due.append(Job.NOTIFY)
        if office.desk.erasures.asked_for():
            due.append(Job.ERASE)
        if office.desk.rules.live and office.desk.queues.to_tend(now_ms=office.desk.now_ms(), limit=1):
            due.append(Job.TEND)
        if office.desk.rules.live and office.desk.changed.due(now_ms=office.desk.now_ms(), limit=1):
            due.append(Job.FOLLOW)
        if self._watched_at is None or now - self._watched_at >= WATCH_EVERY:
            self._watched_at = now
            if office.desk.rules.live and office.desk.watched.is_due(now_ms=office.desk.now_ms()):
                due.append(Job.WATCH)
        if self._refreshed_at is None or now - self._refreshed_at >= REFRESH_EVERY:
            self._refreshed_at = now
            due.append(Job.REFRESH)
        if (
            self._reconciled_at is None
            or now - self._reconciled_at >= RECONCILE_EVERY
            or reconciling.is_unfinished(office)
        ):
            self._reconciled_at = now
            due.append(Job.RECONCILE)
        if (self._night_at is None or now - self._night_at >= NIGHT_EVERY) and night.is_due(office):
            self._night_at = now
            due.append(Job.NIGHT)
        if self._rewritten_at is None or now - self._rewritten_at >= REWRITE_EVERY:
            self._rewritten_at = now
            if office.desk.ledger.rewrites.pending():
                due.append(Job.UPGRADE_LEDGER)
        return due
