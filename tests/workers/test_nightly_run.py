"""The nightly run looks through contacts first, then compares the rules with the portal, once a night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from router.bootstrap import Office
from router.hubspot.api.errors import Refused
from router.routing.portal.services import Desk
from router.sandbox.http.client import SandboxClient
from router.store.drains.drains import Drains
from router.store.health.progress import ProgressBoard
from router.store.health.vitals import Vitals
from router.store.worklists.nights import Nights
from router.wakeups import WakeUps
from tests.world.leads import OWNERS, a_hot_contact
from tests.world.records import WINS, factors, with_results
from tests.world.rule_folders import BY_RESULTS, with_team
from tests.world.time import NOW, Clock
from workers import nightly_run


@pytest.fixture
def office(desk: Desk, redis_client: redis.Redis, clock: Clock, tmp_path: Path) -> Iterator[Office]:
    """An office at noon, Paris time, which was born the day before."""
    noon = NOW.replace(hour=11, minute=0)
    clock.set_to(noon)
    nights = Nights(redis_client, desk.keys)
    nights.born(noon - timedelta(days=1))
    yield Office(
        desk=desk,
        drains=Drains(redis_client, desk.keys),
        wake_ups=WakeUps(redis_client, desk.portal),
        progress=ProgressBoard(redis_client, desk.keys, role="night"),
        nights=nights,
        queue_client=redis_client,
    )


def run_the_night(office: Office) -> int:
    """How many steps it took."""
    for step in range(1, 20):
        nightly_run.take_step(office)
        if not nightly_run.is_due(office):
            return step
    raise AssertionError("the night does not end")


def test_the_night_tells_what_has_drifted(
    office: Office,
    sandbox: SandboxClient,
    redis_client: redis.Redis,
) -> None:
    sandbox.archive_owner(OWNERS["hugo"])
    sandbox.create_exactly([a_hot_contact()])

    steps = run_the_night(office)

    assert steps == len(nightly_run.STAGES) - len({"move", "settle"})
    assert "hugo.petit@acme.fr" in Vitals(redis_client, office.desk.keys).read().drift[0]
    assert office.desk.inbox.has_work()


def test_a_night_ends_although_hubspot_refuses_to_tell_what_became_of_leads(
    office: Office,
    sandbox: SandboxClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(*_: object, **__: object) -> int:
        raise Refused("There is no property 'hs_lead_status'.")

    # The portal refuses no batch read of ours; another one may.
    monkeypatch.setattr(nightly_run, "follow_up_step", refuses)

    run_the_night(office)

    assert not nightly_run.is_due(office)


def test_a_night_ends_although_hubspot_forbids_to_look_at_properties(
    office: Office,
    sandbox: SandboxClient,
) -> None:
    sandbox.break_with("403", on="properties", rate=1.0)

    steps = run_the_night(office)

    assert steps == len(nightly_run.STAGES) - len({"move", "settle"})
    assert sandbox.faults()[0]["hits"] == 1
    assert office.desk.budget.paused() is None


def test_the_night_puts_weights_by_results_in_force(
    office: Office,
    rules: Path,
) -> None:
    with_team(office.desk, rules, BY_RESULTS)
    with_results(office.desk, WINS, ago=timedelta(days=40))

    run_the_night(office)

    assert factors(office.desk)["lea"] > 1500
