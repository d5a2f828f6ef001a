"""The nightly run looks through contacts first, then compares the rules with the portal, once a night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from router.bootstrap import ProcessContext
from router.hubspot.api.errors import Refused
from router.routing.followup.follow import follow_changes
from router.routing.portal.services import Services
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from router.store.health.progress import ProgressBoard
from router.store.health.vitals import Vitals
from router.store.worklists.nights import Nights
from router.wakeups import WakeUps
from tests.world.leads import OWNERS, a_hot_contact, queued
from tests.world.records import WINS, factors, with_results
from tests.world.rule_folders import BY_RESULTS, RIGHT, with_rules, with_team
from tests.world.time import NOW, Clock
from workers import nightly_run


@pytest.fixture
def context(
    services: Services, redis_client: redis.Redis, clock: Clock, tmp_path: Path
) -> Iterator[ProcessContext]:
    """A context at noon, Paris time, which was born the day before."""
    noon = NOW.replace(hour=11, minute=0)
    clock.set_to(noon)
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
    sandbox: SandboxClient,
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
    sandbox: SandboxClient,
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
    sandbox: SandboxClient,
) -> None:
    sandbox.break_with("403", on="properties", rate=1.0)

    steps = run_the_night(context)

    assert steps == len(nightly_run.STAGES) - len({"move", "settle"})
    assert sandbox.faults()[0]["hits"] == 1
    assert context.services.hubspot.budget.paused() is None


def test_the_night_puts_weights_by_results_in_force(
    context: ProcessContext,
    rules: Path,
) -> None:
    with_team(context.services, rules, BY_RESULTS)
    with_results(context.services, WINS, ago=timedelta(days=40))

    run_the_night(context)

    assert factors(context.services)["lea"] > 1500


def test_the_night_looks_for_leads_that_lost_their_owner_while_the_rules_left_them_alone(
    context: ProcessContext, sandbox: SandboxClient, rules: Path, clock: Clock
) -> None:
    services = with_rules(context.services, rules, f"{RIGHT}owner_cleared: leave\n")
    (cleared,) = queued(services, sandbox)
    clock.forward(4)
    verify_owners(services)
    sandbox.edit_by_hand(cleared, owner="")
    services.store.changed.look_again([cleared], at_ms=services.now_ms())
    follow_changes(services)
    with_rules(services, rules, RIGHT)

    run_the_night(context)

    assert cleared in services.store.changed.due(now_ms=services.now_ms(), limit=10)
