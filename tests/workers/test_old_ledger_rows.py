"""Housekeeping makes the sums of days, and deletes what is older than LEDGER_KEEP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from router.bootstrap import ProcessContext
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.wakeups import Job
from tests.world.leads import done, queued
from tests.world.time import Clock, Time
from workers import jobs, process
from workers.schedule import PRUNE_EVERY, SUM_EVERY, Schedule

KEEP = timedelta(days=200)


def old_records(services: Services, contact_ids: list[str]) -> list[dict[str, Any]]:
    """The decisions of these leads, once more for other contacts, a year ago."""
    records = [services.ledger.decisions_of(contact_id)[0] for contact_id in contact_ids]
    at = (services.clock() - timedelta(days=365)).isoformat()
    return [
        one | {"id": f"old{number}", "contact_id": str(900 + number), "decided_at": at}
        for number, one in enumerate(records)
    ]


@pytest.fixture
def keeping(context: ProcessContext, monkeypatch: pytest.MonkeyPatch) -> ProcessContext:
    keeping = replace(context, ledger_keep=KEEP)
    monkeypatch.setitem(process._process.contexts, context.services.portal, keeping)
    return keeping


def test_sums_are_made_once_a_day_is_over(
    keeping: ProcessContext, sandbox: SandboxClient, time: Time, clock: Clock
) -> None:
    services, schedule = keeping.services, Schedule(keeping)
    done(services, sandbox, time, count=3)
    jobs.record(services.portal)
    on_the_day = schedule.look()
    clock.forward(timedelta(days=2).total_seconds())

    the_day_after = schedule.look()
    days = jobs.sum_days(services.portal)
    clock.forward(SUM_EVERY.total_seconds())

    assert (Job.SUM_DAYS in on_the_day, Job.SUM_DAYS in the_day_after) == (False, True)
    assert days == 2  # the shares and the results of one day
    assert Job.SUM_DAYS not in schedule.look()


def test_old_rows_are_deleted_except_those_of_leads_that_redis_remembers(
    keeping: ProcessContext, sandbox: SandboxClient, time: Time, clock: Clock
) -> None:
    services, schedule = keeping.services, Schedule(keeping)
    ids = done(services, sandbox, time, count=3)
    jobs.record(services.portal)
    (open_one,) = queued(services, sandbox)
    jobs.record(services.portal)
    old = old_records(services, ids)
    long_open = old[0] | {"id": "long-open", "contact_id": open_one}
    services.ledger.record([*old, long_open], [])

    assert Job.PRUNE in schedule.look()
    assert jobs.prune(services.portal) > 0
    clock.forward(PRUNE_EVERY.total_seconds())

    assert [services.ledger.decisions_of(one["contact_id"]) for one in old] == [()] * 3
    assert services.ledger.decisions_of(open_one)[0]["id"] == "long-open"
    assert len(services.ledger.decisions_of(ids[0])) == 1


def test_nothing_is_deleted_without_the_setting_or_while_redis_is_restored(
    context: ProcessContext, keeping: ProcessContext, sandbox: SandboxClient, time: Time
) -> None:
    services = keeping.services
    ids = done(services, sandbox, time, count=2)
    jobs.record(services.portal)
    services.ledger.record(old_records(services, ids), [])

    assert Job.PRUNE not in Schedule(context).look()
    services.store.restoration._redis.delete(services.store.keys.whole)
    assert jobs.prune(services.portal) == 0
    assert services.ledger.decision("old0") is not None
