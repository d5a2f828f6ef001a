"""The jobs that RQ may run here. Arguments are strings: the portal, and nothing else.

Every housekeeping job has one turn at a time (`deadlines.TURN`). What is left when it is over goes on in the
job's next turn, after one turn of each other job that waits: the schedule requests it again, and the queue
is first in, first out.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

from router import time_slice
from router.bootstrap import ProcessContext
from router.deadlines import TURN
from router.repeated import repeated
from router.routing.followup.follow import follow_changes
from router.routing.followup.watch import watch_leads
from router.routing.outbox.notify import notify_reps
from router.routing.outbox.prune_ledger import prune_ledger
from router.routing.outbox.record import record_outbox
from router.routing.outbox.upgrade_ledger import rewrite_old_rows
from router.routing.people.refresh import refresh_owners
from router.routing.queues.tend import tend_queues
from router.routing.recovery.erase import erase_contacts
from router.routing.recovery.merges import settle_merges
from router.routing.recovery.resume import resume_parked
from router.routing.revision.look import look_at_changes
from router.routing.verification.verify import HISTORIES_PER_CALL, Verified, verify_owners
from router.store.health.progress import OWNERS
from router.store.inbox.inbox import BATCHES_PER_DRAIN
from router.wakeups import Job
from workers import process
from workers.drain import Drain
from workers.nightly_run import take_steps
from workers.outcomes import Snooze, fate_of
from workers.reconciling import look_back

RECORDED_AT_ONCE: Final = 500
"""Lines of the outbox between two looks at the time."""


def drain(portal: str) -> int:
    """Route the leads that wait in the inbox; the number of leads."""
    context = process.context_of(portal)
    if context.services.rules.live is None:
        context.services.rules.refresh()
    if context.services.rules.live is None:
        return 0  # leads wait; /health says which rule file is broken
    leads = Drain(context, pool=_pool()).run()
    if (
        not process.stopping()
        and context.services.store.inbox.has_work(now_ms=context.services.now_ms())
        and context.services.store.drains.should_wake()
    ):
        context.wake_ups.drain()
    return leads


def verify(portal: str) -> int:
    """Verify the owners of due leads, 50 at a time; the number looked at."""
    return _housekeeping(
        portal, Job.VERIFY, lambda context: _while_full(lambda: verify_owners(context.services))
    )


def record(portal: str) -> int:
    """Record the outbox in the ledger; the number of lines."""
    return _housekeeping(
        portal,
        Job.RECORD,
        lambda context: _repeated(lambda: record_outbox(context.services, limit=RECORDED_AT_ONCE)),
    )


def refresh(portal: str) -> int:
    """Read owners and count open leads; the number of reps counted."""
    return _housekeeping(portal, Job.REFRESH, _refresh)


def _refresh(context: ProcessContext) -> int:
    """Refresh, and report for /health which reps and teams have an active owner."""
    services = context.services
    counted = refresh_owners(services)
    roster, owners = services.rules.policy().roster, services.people.owners.last_known()
    active = {
        one.name
        for one in roster.reps.values()
        if (owner := owners.get(one.owner.lower())) is not None and not owner.archived
    }
    empty = [team.name for team in roster.teams.values() if team.reps and not active & set(team.reps)]
    context.progress.observe(OWNERS, reps=len(roster.reps), active=len(active), empty_teams=", ".join(empty))
    return len(counted)


def erase(portal: str) -> int:
    """Erase the contacts whose erasure was requested; their number."""
    return _housekeeping(
        portal,
        Job.ERASE,
        lambda context: erase_contacts(
            store=context.services.store,
            ledger=context.services.ledger,
            clock=context.services.clock,
            log=context.services.log,
        ),
    )


def night(portal: str) -> int:
    """Take some steps of tonight's run; the number of unannounced contacts found."""
    return _housekeeping(portal, Job.NIGHT, lambda context: take_steps(context))


def notify(portal: str) -> int:
    """Send notices to reps; the number of messages sent."""
    return _housekeeping(portal, Job.NOTIFY, lambda context: notify_reps(context.services))


def tend(portal: str) -> int:
    """Tend the queued leads that are due; the number looked at."""
    return _housekeeping(
        portal, Job.TEND, lambda context: _repeated(lambda: tend_queues(context.services).looked_at)
    )


def reconcile(portal: str) -> int:
    """Look for contacts that no webhook announced since the last look; the number found."""
    return _housekeeping(portal, Job.RECONCILE, lambda context: look_back(context))


def follow(portal: str) -> int:
    """Follow leads that people changed or merged in HubSpot; the number looked at."""
    return _housekeeping(
        portal,
        Job.FOLLOW,
        lambda context: _repeated(
            lambda: follow_changes(context.services).looked_at + settle_merges(context.services)
        ),
    )


def watch(portal: str) -> int:
    """Watch the due leads for work by their reps; the number looked at."""
    return _housekeeping(
        portal, Job.WATCH, lambda context: _repeated(lambda: watch_leads(context.services).looked_at)
    )


def resume(portal: str) -> int:
    """Send the leads again that an outage parked, once it is over; their number."""
    return _housekeeping(portal, Job.RESUME, _resume_and_wake)


def revise(portal: str) -> int:
    """Look at the leads whose facts may have changed since they were decided; the number looked at."""
    return _housekeeping(portal, Job.REVISE, _revise_and_wake)


def upgrade_ledger(portal: str) -> int:
    """Rewrite old rows of the ledger; the number of rows."""
    return _housekeeping(portal, Job.UPGRADE_LEDGER, _rewrite_for_a_while)


def sum_days(portal: str) -> int:
    """Make the sums of days for reports; the number of days."""
    return _housekeeping(portal, Job.SUM_DAYS, _sum_days)


def _sum_days(context: ProcessContext) -> int:
    services = context.services
    return services.ledger.sums.make_some(
        now=services.clock(), longest_s=time_slice.left_s(TURN.total_seconds())
    ).days


def prune(portal: str) -> int:
    """Delete rows of the ledger older than LEDGER_KEEP; the number of rows."""
    return _housekeeping(portal, Job.PRUNE, _prune)


def _prune(context: ProcessContext) -> int:
    if context.ledger_keep is None:
        return 0
    return prune_ledger(
        context.services, keep=context.ledger_keep, longest_s=time_slice.left_s(TURN.total_seconds())
    )


def _resume_and_wake(context: ProcessContext) -> int:
    sent = resume_parked(context.services)
    if sent and context.services.store.drains.should_wake():
        context.wake_ups.drain()
    return sent


def _revise_and_wake(context: ProcessContext) -> int:
    """Look at leads again, and wake a worker for those that are decided once more."""
    reopened = 0

    def step() -> int:
        nonlocal reopened
        looked = look_at_changes(context.services)
        reopened += looked.revising
        return looked.looked_at

    done = _repeated(step)
    if reopened and context.services.store.drains.should_wake():
        context.wake_ups.drain()
    return done


def _rewrite_for_a_while(context: ProcessContext) -> int:
    """Rewrite batch after batch, each followed by an equal pause, in which the ledger can record."""
    done = 0
    while not process.stopping() and (
        bite := rewrite_old_rows(ledger=context.services.ledger, log=context.services.log)
    ):
        done += bite.rows
        if time_slice.left_s(bite.took_s) < bite.took_s:
            break
        process.pause_s(bite.took_s)
    return done


def _housekeeping(portal: str, job: Job, work: Callable[[ProcessContext], int]) -> int:
    """Run one turn of the job for the portal.

    Work that is left, or has to wait, is requested again by the schedule. A bug crashes the job, loudly.
    """
    context = process.context_of(portal)
    context.wake_ups.begun(job)
    try:
        with time_slice.time_slice(TURN.total_seconds()):
            done = work(context)
    except Exception as error:
        fate = fate_of(error)
        if not isinstance(fate, Snooze):
            raise
        repeated.say(
            context.services.log,
            "job.snoozed",
            problem=f"{job} {type(error).__name__}",
            level="error" if fate.loud else "info",
            job=str(job),
            why=fate.why,
        )
        return 0
    finally:
        # SQLAlchemy leaves the values of each IN in a cycle: megabytes until the collector's own threshold.
        gc.collect(0)
    context.progress.report(f"{job.name.lower()}: {done}")
    return done


def _while_full(step: Callable[[], Verified]) -> int:
    """Step while each finds as many leads as fit; what is left waits a second, and goes together.

    A look costs one call to HubSpot and about eight to Redis, for one lead as for fifty.
    """
    done = 0
    while True:
        found = step().looked_at
        done += found
        if found < HISTORIES_PER_CALL or time_slice.is_over() or process.stopping():
            return done


def _repeated(step: Callable[[], int]) -> int:
    """Take steps until one finds nothing, or the turn is over; what they did together."""
    done = 0
    while found := step():
        done += found
        if time_slice.is_over() or process.stopping():
            break
    return done


@cache
def _pool() -> ThreadPoolExecutor:
    """The process's only pool: its threads keep their connections to HubSpot."""
    return ThreadPoolExecutor(BATCHES_PER_DRAIN, thread_name_prefix="flight")
