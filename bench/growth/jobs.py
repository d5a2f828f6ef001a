"""Every housekeeping job on one ledger, in this process: seconds for each lead that it handles."""

from __future__ import annotations

import random
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import redis

from bench.growth.clones import FIRST_CONTACT
from bench.growth.commands import Facts
from bench.growth.running import Cost, Stopwatch, cpu_s_of
from bench.growth.seeds import DAYS, a_contact
from bench.processes import Stage
from router.bootstrap import open_services
from router.routing.followup.follow import follow_up_step
from router.routing.followup.watch import watch_leads
from router.routing.outbox.record import record_outbox
from router.routing.people.refresh import refresh_owners
from router.routing.portal.services import Services
from router.routing.queues.tend import tend_queues
from router.routing.recovery.repair import repair
from router.routing.verification.verify import verify_owners
from router.settings import read_settings
from router.wakeups import Job
from tests.world.leads import announce, route_all

TIMES: Final = 5
"""Runs of a short job, of which the median counts."""
LEADS: Final = 100
STARTS_S: Final = 60.0


@dataclass(slots=True)
class JobContext:
    """What the jobs work on: one ledger, and a hundred leads each that have a rep, or wait for one."""

    stage: Stage
    services: Services
    client: redis.Redis
    facts: Facts
    environment: Mapping[str, str]
    given: Sequence[str] = ()
    waiting: Sequence[str] = ()
    chance: random.Random = field(default_factory=lambda: random.Random(11))


@dataclass(frozen=True, slots=True)
class MeasuredJob:
    """A row: the RQ jobs that it stands for, and how its cost per `unit` is measured."""

    name: str
    unit: str
    cost: Callable[[JobContext], Cost]
    stands_for: tuple[Job, ...] = ()


def open_jobs(stage: Stage, environment: Mapping[str, str], facts: Facts) -> JobContext:
    """The context of the ledger in DATABASE_URL, with new leads that were just routed through it."""
    client = redis.Redis.from_url(stage.valkey.url, decode_responses=True)
    services = open_services(read_settings(environment), client)
    services.rules.refresh()
    services.store.inbox.open()
    kinds = {"given": "demo", "waiting": "support"}
    ids = {
        name: stage.sandbox.create_exactly(
            [dict(a_contact(number)) | {"type_demande": kind} for number in range(LEADS)], announce=False
        )
        for name, kind in kinds.items()
    }
    announce(services, *ids["given"], *ids["waiting"])
    route_all(services)
    record_outbox(services)
    return JobContext(stage, services, client, facts, environment, ids["given"], ids["waiting"])


def record_decisions(context: JobContext) -> Cost:
    """Record 100 decisions about new contacts."""
    return _median(lambda: _timed(context.services.ledger.record, _records(context, moved=False), []))


def record_moved(context: JobContext) -> Cost:
    """Record 100 second decisions about contacts that the ledger knows: their follow-ups end."""
    return _median(lambda: _timed(context.services.ledger.record, _records(context, moved=True), []))


def record_events(context: JobContext) -> Cost:
    """Record 100 events that end follow-ups, as when people change owners."""
    at = context.services.clock().isoformat()

    def once() -> Cost:
        events = [
            (
                f"bench-{context.chance.random()}",
                _known(context),
                {"at": at, "kind": "owner_changed", "decision": None},
            )
            for _ in range(LEADS)
        ]
        return _timed(context.services.ledger.record, [], events)

    return _median(once)


def repair_days(context: JobContext) -> Cost:
    """Compare the leads of three days with portal and Redis, page by page to the end."""
    now = context.services.clock()
    since, compared, after, watch = now - timedelta(days=4), 0, "", Stopwatch()
    while True:
        step = repair(context.services, since=since, until=now - timedelta(days=1), after=after)
        compared, after = compared + step.compared, step.after
        if not after:
            return watch.read() / max(1, compared)


def follow_at_night(context: JobContext) -> Cost:
    """Look at a thousand follow-ups that tonight has not seen yet."""
    before = context.services.clock() - timedelta(hours=12)
    watch = Stopwatch()
    looked_at = follow_up_step(context.services, before=before, limit=1_000).looked_at
    return watch.read() / max(1, looked_at)


def verify(context: JobContext) -> Cost:
    """Verify the owners of the new leads."""
    context.services.store.verify.look_again(context.given, at_ms=context.services.now_ms())
    watch, looked_at = Stopwatch(), 0
    while found := verify_owners(context.services).looked_at:
        looked_at += found
    return watch.read() / max(1, looked_at)


def watch(context: JobContext) -> Cost:
    """Look whether reps work on 100 due leads."""
    due = dict.fromkeys(context.given, context.services.now_ms() - 1)

    def once() -> Cost:
        context.client.zadd(context.services.store.keys.watched, due)
        return _timed(watch_leads, context.services)

    return _median(once)


def tend(context: JobContext) -> Cost:
    """Look at 100 waiting leads."""
    due = dict.fromkeys(context.waiting, context.services.now_ms() - 1)

    def once() -> Cost:
        context.client.zadd(context.services.store.keys.tended, due)
        return _timed(tend_queues, context.services)

    return _median(once)


def refresh(context: JobContext) -> Cost:
    """Read owners and absences, and count open leads."""
    return _median(lambda: _timed(refresh_owners, context.services, by=1))


def restore_book(context: JobContext) -> Cost:
    """Add up the share book of an emptied Redis."""
    watch = Stopwatch()
    _book, decisions = context.services.ledger.shares.book()
    return watch.read() / max(1, decisions)


def rewriting(context: JobContext) -> Cost:
    """See whether old rows are left to rewrite."""
    return _median(lambda: _timed(context.services.ledger.rewrites.pending, by=1))


def sum_a_day(context: JobContext) -> Cost:
    """Make the sums of the day before yesterday anew, for each of its decisions."""
    services, now = context.services, context.services.clock()
    day = now.date() - timedelta(days=2)
    decisions = max(1, context.facts.counts["clones"] // DAYS)
    return _median(lambda: _timed(lambda: services.ledger.sums.make("shares", day, now=now), by=decisions))


def pruning(context: JobContext) -> Cost:
    """See whether rows are old enough to prune."""
    before = context.services.clock().date() - timedelta(days=2 * DAYS)
    return _median(lambda: _timed(lambda: context.services.ledger.pruning.pending(before=before), by=1))


def probe(context: JobContext) -> Cost:
    """See whether the ledger can be used, as every 15 seconds."""
    return _median(lambda: _timed(context.services.ledger.database.probe, by=1))


def start(context: JobContext) -> Cost:
    """From the start of a worker process until it takes leads."""
    watch = Stopwatch()
    worker = subprocess.Popen(
        [sys.executable, "-m", "workers", "worker"],
        env=dict(context.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in worker.stdout or ():
            if "process.started" in line:
                return Cost(watch.read().seconds, cpu_s_of(worker.pid))
        raise ChildProcessError("The worker ended before it had started.")
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=STARTS_S)


JOBS: Final = (
    MeasuredJob("record 100 decisions", "lead", record_decisions, (Job.RECORD,)),
    MeasuredJob("record 100 moved leads", "lead", record_moved),
    MeasuredJob("record 100 changed owners", "lead", record_events),
    MeasuredJob("verify 100 owners", "lead", verify, (Job.VERIFY,)),
    MeasuredJob("watch 100 leads", "lead", watch, (Job.WATCH,)),
    MeasuredJob("tend 100 waiting leads", "lead", tend, (Job.TEND,)),
    MeasuredJob("repair three days", "lead", repair_days),
    MeasuredJob("follow 1,000 leads at night", "lead", follow_at_night, (Job.FOLLOW,)),
    MeasuredJob("refresh owners and counts", "run", refresh, (Job.REFRESH,)),
    MeasuredJob("look for rows to rewrite", "run", rewriting, (Job.UPGRADE_LEDGER,)),
    MeasuredJob("sum one day again", "lead", sum_a_day, (Job.SUM_DAYS,)),
    MeasuredJob("look for rows to prune", "run", pruning, (Job.PRUNE,)),
    MeasuredJob("probe the ledger", "run", probe),
    MeasuredJob("restore the share book", "lead", restore_book),
    MeasuredJob("start of a worker", "run", start),
)
EXEMPT_JOBS: Final[Mapping[Job, str]] = {
    Job.DRAIN: "the table of routing rates measures it",
    Job.NOTIFY: "looks up one decision by its id for each message",
    Job.ERASE: "router forget does the same",
    Job.NIGHT: "its parts are rows: sweep, repair, follow",
    Job.RECONCILE: "searches HubSpot alone",
    Job.REVISE: "reads HubSpot and Redis; the ledger counts one day once the brake is near",
    Job.RESUME: "reads parked leads in Redis alone",
}


def undecided_jobs() -> tuple[Job, ...]:
    """Jobs that are neither measured nor exempt: a new one has to be put into one of the tables."""
    measured = {job for row in JOBS for job in row.stands_for}
    return tuple(job for job in Job if job not in measured and job not in EXEMPT_JOBS)


def _records(context: JobContext, *, moved: bool) -> list[dict[str, Any]]:
    """Decisions of now, made of earlier ones; `moved` are second decisions about known contacts."""
    ledger, at = context.services.ledger, context.services.clock().isoformat()
    if moved:
        found = [ledger.decisions_of(_known(context)) for _ in range(LEADS)]
        records = [one[-1] for one in found if one]
    else:
        records = list(ledger.recent(limit=LEADS))
    made = []
    for record in records:
        contact = record["contact_id"] if moved else str(10**12 + context.chance.randrange(10**11))
        episode = record["episode"] + 1 if moved else 0
        decision = f"{contact}-{episode}-{context.chance.randrange(16**8):08x}"
        made.append(record | {"id": decision, "contact_id": contact, "episode": episode, "decided_at": at})
    return made


def _known(context: JobContext) -> str:
    return str(FIRST_CONTACT + context.chance.randrange(context.facts.counts["clones"]))


def _timed(work: Callable[..., object], *arguments: object, by: int = LEADS) -> Cost:
    """Cost for each of the hundred leads, or of `by` units."""
    watch = Stopwatch()
    work(*arguments)
    return watch.read() / by


def _median(once: Callable[[], Cost]) -> Cost:
    found = [once() for _ in range(TIMES)]
    return Cost(
        statistics.median(one.seconds for one in found), statistics.median(one.cpu_s for one in found)
    )
