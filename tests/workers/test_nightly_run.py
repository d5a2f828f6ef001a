"""The nightly run looks through contacts first, then compares the rules with the portal, once a night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from router.bootstrap import ProcessContext
from router.hubspot.api.errors import Refused
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.store.health.progress import ProgressBoard
from router.store.health.vitals import Vitals
from router.store.worklists.nights import Nights
from router.wakeups import WakeUps
from tests.routing.conftest import (  # noqa: F401 - fixtures
    OWNERS,
    Clock,
    a_hot_contact,
    clock,
    portal,
    rules,
    sandbox,
    services,
    settings,
)
from tests.routing.reports.test_weights import BY_RESULTS, WINS, factors, with_results, with_team
from workers import nightly_run


@pytest.fixture
def context(
    services: Services,  # noqa: F811
    redis_client: redis.Redis,
    clock: Clock,  # noqa: F811
    tmp_path: Path,
) -> Iterator[ProcessContext]:
    """An office at noon, Paris time, which was born the day before."""
    noon = datetime.now(UTC).replace(hour=11, minute=0)
    clock.ahead = noon - datetime.now(UTC)
    nights = Nights(redis_client, services.store.keys)
    nights.born(noon - timedelta(days=1))
    yield ProcessContext(
        services=services,
        wake_ups=WakeUps(redis_client, services.portal),
        progress=ProgressBoard(redis_client, services.store.keys, role="housekeeping"),
        queue_client=redis_client,
    )


def run_the_night(context: ProcessContext) -> int:
    """How many steps it took."""
    for step in range(1, 20):
        nightly_run.take_step(context)
        if not nightly_run.is_due(context.services):
            return step
    raise AssertionError("the night does not end")


def test_the_night_tells_what_has_drifted(
    context: ProcessContext,
    sandbox: SandboxClient,  # noqa: F811
    redis_client: redis.Redis,
) -> None:
    sandbox.archive_owner(OWNERS["hugo"])
    sandbox.create_exactly([a_hot_contact()])

    steps = run_the_night(context)

    assert steps == len(nightly_run.STAGES) - len({"move", "settle"})
    assert "hugo.petit@acme.fr" in Vitals(redis_client, context.services.store.keys).read().drift[0]
    assert context.services.store.inbox.has_work()


def test_a_night_ends_although_hubspot_refuses_to_tell_what_became_of_leads(
    context: ProcessContext,
    sandbox: SandboxClient,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(*_: object, **__: object) -> int:
        raise Refused("There is no property 'hs_lead_status'.")

    # The portal refuses no batch read of ours; another one may.
    monkeypatch.setattr(nightly_run, "follow_up_step", refuses)

    run_the_night(context)

    assert not nightly_run.is_due(context.services)


def test_a_night_ends_although_hubspot_forbids_to_look_at_properties(
    context: ProcessContext,
    sandbox: SandboxClient,  # noqa: F811
) -> None:
    sandbox.break_with("403", on="properties", rate=1.0)

    steps = run_the_night(context)

    assert steps == len(nightly_run.STAGES) - len({"move", "settle"})
    assert sandbox.faults()[0]["hits"] == 1
    assert context.services.hubspot.budget.paused() is None


def test_the_night_puts_weights_by_results_in_force(
    context: ProcessContext,
    rules: Path,  # noqa: F811
) -> None:
    with_team(context.services, rules, BY_RESULTS)
    with_results(context.services, WINS, ago=timedelta(days=40))

    run_the_night(context)

    assert factors(context.services)["lea"] > 1500
