"""The names of RQ queues and jobs, and waking the workers that run them.

The inbox stream is the truth; an RQ job is only a wake-up, so losing one costs seconds and no lead. Every
process listens on exactly one queue: RQ can lose a job for ever between two queues
(https://github.com/rq/rq/issues/1716).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import redis
from rq import Queue
from rq.serializers import JSONSerializer

from router.store.keys import Keys

FAILURES_KEPT_S: Final = 7 * 24 * 3600
WAITS_S: Final = 60
"""Seconds after which a job that nobody took leaves its queue: more than two rounds of housekeeping."""
ASKED_FOR_S: Final = WAITS_S
"""Seconds for which a requested housekeeping job is not requested again, unless it starts before."""


class Job(StrEnum):
    """Every job, by the name that a worker accepts."""

    DRAIN = "workers.jobs.drain"
    VERIFY = "workers.jobs.verify"
    RECORD = "workers.jobs.record"
    REFRESH = "workers.jobs.refresh"
    ERASE = "workers.jobs.erase"
    NIGHT = "workers.jobs.night"
    NOTIFY = "workers.jobs.notify"
    TEND = "workers.jobs.tend"
    FOLLOW = "workers.jobs.follow"
    RECONCILE = "workers.jobs.reconcile"
    WATCH = "workers.jobs.watch"
    UPGRADE_LEDGER = "workers.jobs.upgrade_ledger"
    SUM_DAYS = "workers.jobs.sum_days"
    PRUNE = "workers.jobs.prune"
    RESUME = "workers.jobs.resume"
    REVISE = "workers.jobs.revise"


TIME_LIMIT_S: Final = {
    Job.DRAIN: 90,
    Job.VERIFY: 120,
    Job.RECORD: 120,
    Job.REFRESH: 120,
    Job.ERASE: 120,
    Job.NIGHT: 120,
    Job.NOTIFY: 120,
    Job.TEND: 120,
    Job.FOLLOW: 120,
    Job.RECONCILE: 120,
    Job.WATCH: 120,
    Job.UPGRADE_LEDGER: 120,
    Job.SUM_DAYS: 120,
    Job.PRUNE: 120,
    Job.RESUME: 120,
    Job.REVISE: 120,
}


def leads_queue(portal: str) -> str:
    """The queue that `worker` processes listen on."""
    return f"lead-router-{portal}-leads"


def housekeeping_queue(portal: str) -> str:
    """The queue that the `housekeeping` process listens on: all work that may wait behind new leads."""
    return f"lead-router-{portal}-housekeeping"


class WakeUps:
    """Wakes workers for their jobs. `client` must not decode responses: RQ wants bytes."""

    def __init__(self, client: redis.Redis, portal: str) -> None:
        self._redis = client
        self._portal = portal
        self._keys = Keys(portal)
        self._leads = Queue(leads_queue(portal), connection=client, serializer=JSONSerializer)
        self._housekeeping = Queue(housekeeping_queue(portal), connection=client, serializer=JSONSerializer)

    def drain(self) -> None:
        """Wake one more worker to drain the inbox."""
        self._send(self._leads, Job.DRAIN)

    def ask(self, job: Job) -> bool:
        """Request a housekeeping job unless it is requested already; True if this call requested it."""
        if not self._redis.set(self._keys.asked(job), "1", nx=True, ex=ASKED_FOR_S):
            return False
        self._redis.hsetnx(self._keys.turns, job, str(self._now_ms()))
        self._send(self._housekeeping, job)
        return True

    def begun(self, job: Job) -> None:
        """Note that the job starts now, so that it can be requested again."""
        with self._redis.pipeline() as pipeline:
            pipeline.delete(self._keys.asked(job))
            pipeline.hdel(self._keys.turns, job)
            pipeline.execute()

    def forget_lost(self) -> None:
        """Let jobs be requested again that a process took from the queue and died before it started them."""
        waiting = {job.func_name for job in self._housekeeping.get_jobs()}
        lost = [self._keys.asked(job) for job in Job if str(job) not in waiting]
        self._redis.delete(*lost)

    def _now_ms(self) -> int:
        seconds, micros = self._redis.time()
        return seconds * 1000 + micros // 1000

    def _send(self, queue: Queue, job: Job) -> None:
        queue.enqueue(
            str(job),
            self._portal,
            job_timeout=TIME_LIMIT_S[job],
            result_ttl=0,
            failure_ttl=FAILURES_KEPT_S,
            ttl=WAITS_S,
        )
