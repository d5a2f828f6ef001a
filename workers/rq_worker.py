"""The RQ worker: one queue, no fork, JSON only, and no function outside `workers.jobs`."""

from __future__ import annotations

from types import FrameType
from typing import Any, Final

import redis
from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from router.wakeups import Job as JobName
from workers import process

WORKER_TTL_S: Final = 30
"""Interval in seconds of RQ's own housekeeping in an idle worker; its default of 405 s is long."""
MAINTENANCE_S: Final = 30


class ForbiddenJob(Exception):
    """A job names a function that is not one of ours."""


class AllowedJob(Job):
    """A job that runs only the functions of `router.wakeups.Job`.

    A JSON serializer alone does not help: anyone who can write to Redis could name `os.system`. Callbacks are
    names too, and are refused likewise.
    """

    @property
    def func(self) -> Any:
        """The function, imported only if it is allowed."""
        if self.instance is not None or self.func_name not in {str(name) for name in JobName}:
            raise ForbiddenJob(f"{self.func_name!r} is not a job of Lead Router; see router/wakeups.py.")
        return super().func

    @property
    def success_callback(self) -> None:
        """None, whatever the job says."""

    @property
    def failure_callback(self) -> None:
        """None, whatever the job says."""

    @property
    def stopped_callback(self) -> None:
        """None, whatever the job says."""


class RouterWorker(SimpleWorker):
    """Runs jobs in this very process: a fork per job would cost 10 ms and a fresh TLS connection."""

    job_class = AllowedJob
    max_connection_wait_time = 2.0

    def __init__(self, queue: str, client: redis.Redis) -> None:
        super().__init__(
            [queue],
            connection=client,
            serializer=JSONSerializer,
            job_class=AllowedJob,
            worker_ttl=WORKER_TTL_S,
            maintenance_interval=MAINTENANCE_S,
            log_job_description=False,
        )

    def _install_signal_handlers(self) -> None:
        """Install them, and stop at once if we were asked to end while nobody listened for it yet."""
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        if process.stopping():
            self._stop_requested = True

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Let the running job end after its present batch."""
        process.stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
