"""Every job that RQ may run here, by name. Arguments are strings: the portal, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from router.queue import Job
from router.routing.erase import erase as erase_contacts
from router.routing.follow import follow as follow_changes
from router.routing.notify import notify as notify_reps
from router.routing.record import record as record_lines
from router.routing.refresh import refresh as refresh_owners
from router.routing.tend import tend as tend_queues
from router.routing.verify import verify as verify_owners
from router.routing.watch import watch as watch_leads
from router.store.inbox import FLIGHTS_PER_DRAIN
from workers import office as process
from workers.drain import Drain
from workers.night import take_steps
from workers.outcomes import Snooze, fate_of
from workers.reconciling import look_back


class WrongPortal(Exception):
    """A job of another portal came to this process's queue."""


def drain(portal: str) -> int:
    """Route what waits in the inbox; how many leads."""
    _check(portal)
    office = process.here()
    if office.desk.rules.live is None:
        office.desk.rules.refresh()
    if office.desk.rules.live is None:
        return 0  # leads wait; /health says which rule file is broken
    leads = Drain(office, pool=_pool()).run()
    if not process.stopping() and office.desk.inbox.has_work() and office.drains.should_wake():
        office.wake_ups.drain()
    return leads


def verify(portal: str) -> int:
    """Look at due owner histories until none is due; how many."""
    return _housekeeping(
        portal, Job.VERIFY, lambda: _until_dry(lambda: verify_owners(process.here().desk).looked_at)
    )


def record(portal: str) -> int:
    """Carry the outbox into the ledger; how many lines."""
    return _housekeeping(portal, Job.RECORD, lambda: record_lines(process.here().desk))


def refresh(portal: str) -> int:
    """Read owners and count open leads; how many reps were counted."""
    return _housekeeping(portal, Job.REFRESH, lambda: len(refresh_owners(process.here().desk)))


def erase(portal: str) -> int:
    """Purge contacts that asked for it; how many."""
    return _housekeeping(portal, Job.ERASE, lambda: erase_contacts(process.here().desk))


def night(portal: str) -> int:
    """Some steps of tonight's run; how many unannounced contacts it found."""
    return _housekeeping(portal, Job.NIGHT, lambda: take_steps(process.here()))


def notify(portal: str) -> int:
    """Tell reps of their leads; how many messages went out."""
    return _housekeeping(portal, Job.NOTIFY, lambda: notify_reps(process.here().desk))


def tend(portal: str) -> int:
    """Look at queued leads that are due until none is; how many."""
    return _housekeeping(
        portal, Job.TEND, lambda: _until_dry(lambda: tend_queues(process.here().desk).looked_at)
    )


def reconcile(portal: str) -> int:
    """Look for contacts that no webhook announced since the last look; how many were found."""
    return _housekeeping(portal, Job.RECONCILE, lambda: look_back(process.here()))


def follow(portal: str) -> int:
    """Look at leads that people worked on in HubSpot, until none is due; how many."""
    return _housekeeping(
        portal, Job.FOLLOW, lambda: _until_dry(lambda: follow_changes(process.here().desk).looked_at)
    )


def watch(portal: str) -> int:
    """Look whether reps work on the leads that are due, until none is; how many."""
    return _housekeeping(
        portal, Job.WATCH, lambda: _until_dry(lambda: watch_leads(process.here().desk).looked_at)
    )


def _housekeeping(portal: str, job: Job, work: Callable[[], int]) -> int:
    """Do it; what has to wait is asked for again by the schedule. A bug crashes the job, loudly."""
    _check(portal)
    office = process.here()
    office.wake_ups.begun(job)
    try:
        done = work()
    except Exception as error:
        fate = fate_of(error)
        if not isinstance(fate, Snooze):
            raise
        (office.desk.log.error if fate.loud else office.desk.log.info)(
            "job.snoozed", job=str(job), why=fate.why
        )
        process.pause_s(min(fate.wait.total_seconds(), 1.0))
        return 0
    office.progress.report(f"{job.name.lower()}: {done}")
    return done


def _until_dry(step: Callable[[], int]) -> int:
    done = 0
    while not process.stopping() and (found := step()):
        done += found
    return done


def _check(portal: str) -> None:
    ours = process.here().desk.portal
    if portal != ours:
        raise WrongPortal(f"This process serves portal {ours}; the job is for {portal}.")


@cache
def _pool() -> ThreadPoolExecutor:
    """One pool per process: its threads keep their connections to HubSpot."""
    return ThreadPoolExecutor(FLIGHTS_PER_DRAIN, thread_name_prefix="flight")
