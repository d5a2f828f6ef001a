"""The schedule of housekeeping: the `cron` process requests jobs, and the `housekeeping` process runs them.

Any number of schedulers may run: a job that is requested already is not requested twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import redis

from router.bootstrap import ProcessContext
from router.ledger import LEDGER_ERRORS
from router.repeated import repeated
from router.routing.outbox.prune_ledger import first_day_kept
from router.routing.queues.tend import tends_something
from router.wakeups import Job
from workers import nightly_run, process, reconciling

EVERY_S: Final = 1.0
REFRESH_EVERY: Final = timedelta(minutes=5)
NIGHT_EVERY: Final = timedelta(seconds=3)
WATCH_EVERY: Final = timedelta(minutes=1)
RESUME_EVERY: Final = timedelta(seconds=15)
RECONCILE_EVERY: Final = timedelta(minutes=15)
PRUNE_EVERY: Final = timedelta(seconds=30)
SUM_EVERY: Final = timedelta(seconds=10)
REWRITE_EVERY: Final = timedelta(seconds=4)
"""Interval of rewriting; it takes at most half of this."""


class Schedule:
    """Decides each second which housekeeping is due."""

    def __init__(self, context: ProcessContext) -> None:
        self._context = context
        self._store = context.services.store
        self._found_at: dict[Job, datetime] = {}
        self._checks: Mapping[Job, Callable[[], bool]] = {
            Job.VERIFY: self._verify,  # first: a person waits for it
            Job.REVISE: self._revise,  # a rep may work on a lead of somebody else
            Job.RECORD: self._record,
            Job.NOTIFY: self._notify,
            Job.ERASE: self._erase,
            Job.TEND: self._tend,
            Job.FOLLOW: self._follow,
            Job.WATCH: self._watch,
            Job.REFRESH: self._refresh,
            Job.RECONCILE: self._reconcile,
            Job.NIGHT: self._night,
            Job.RESUME: self._resume,
            Job.UPGRADE_LEDGER: self._upgrade_ledger,
            Job.SUM_DAYS: self._sum_days,
            Job.PRUNE: self._prune,
        }

    def run(self) -> None:
        """Request due jobs until the process is asked to end."""
        while not process.pause_s(EVERY_S):
            try:
                self.look()
            except (redis.RedisError, OSError) as error:
                log = self._context.services.log
                repeated.say(log, "schedule.missed", problem=type(error).__name__, why=str(error))
            repeated.flush()

    def look(self) -> tuple[Job, ...]:
        """Request every job that is due now; returns the jobs that were not requested before.

        A job whose check fails, because it needs the ledger or a file, holds up no other.
        """
        asked = []
        for job, is_due in self._checks.items():
            try:
                if is_due() and self._context.wake_ups.ask(job):
                    asked.append(job)
            except (*LEDGER_ERRORS, OSError) as error:
                why = str(error).partition("\n")[0]
                repeated.say(self._context.services.log, "schedule.missed", problem=job, job=job, why=why)
        self._context.progress.report("looks at what is due")
        return tuple(asked)

    def _every(self, job: Job, span: timedelta) -> bool:
        """True if `span` has passed since the job was last found due here; then it is due now."""
        now, before = self._context.services.clock(), self._found_at.get(job)
        if before is not None and now - before < span:
            return False
        self._found_at[job] = now
        return True

    def _verify(self) -> bool:
        return self._store.verify.is_due(now_ms=self._now_ms())

    def _revise(self) -> bool:
        return self._has_rules() and self._store.revise.is_due(now_ms=self._now_ms())

    def _record(self) -> bool:
        return self._store.outbox.length() > 0

    def _notify(self) -> bool:
        return self._store.notices.is_due(now_ms=self._now_ms())

    def _erase(self) -> bool:
        return bool(self._store.erasures.asked_for())

    def _tend(self) -> bool:
        return self._has_rules() and tends_something(self._context.services)

    def _follow(self) -> bool:
        lists = (self._store.changed, self._store.merged)
        return self._has_rules() and any(one.is_due(now_ms=self._now_ms()) for one in lists)

    def _watch(self) -> bool:
        return (
            self._every(Job.WATCH, WATCH_EVERY)
            and self._has_rules()
            and self._store.watched.is_due(now_ms=self._now_ms())
        )

    def _refresh(self) -> bool:
        return self._every(Job.REFRESH, REFRESH_EVERY) or self._store.open_counts.is_unfinished()

    def _reconcile(self) -> bool:
        unfinished = reconciling.is_unfinished(self._context.services)
        return self._every(Job.RECONCILE, RECONCILE_EVERY if not unfinished else timedelta(0))

    def _night(self) -> bool:
        return nightly_run.is_due(self._context.services) and self._every(Job.NIGHT, NIGHT_EVERY)

    def _resume(self) -> bool:
        return (
            self._every(Job.RESUME, RESUME_EVERY) and self._has_rules() and self._store.leads.is_any_parked()
        )

    def _upgrade_ledger(self) -> bool:
        return (
            self._every(Job.UPGRADE_LEDGER, REWRITE_EVERY)
            and self._context.services.ledger.rewrites.pending()
        )

    def _sum_days(self) -> bool:
        services = self._context.services
        return self._every(Job.SUM_DAYS, SUM_EVERY) and services.ledger.sums.pending(now=services.clock())

    def _prune(self) -> bool:
        services, keep = self._context.services, self._context.ledger_keep
        return (
            keep is not None
            and self._every(Job.PRUNE, PRUNE_EVERY)
            and services.ledger.pruning.pending(before=first_day_kept(services.clock(), keep))
        )

    def _has_rules(self) -> bool:
        return self._context.services.rules.live is not None

    def _now_ms(self) -> int:
        return self._context.services.now_ms()
