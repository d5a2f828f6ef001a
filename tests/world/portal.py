"""Fixtures: a desk on real parts, which are a sandbox portal in its own process, a Redis and a ledger.

A `conftest.py` imports those that its folder needs; each test that uses the portal begins at NOW.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from router.bootstrap import Office, open_desk
from router.hubspot.setup import apply, plan_for
from router.routing.portal.services import Desk
from router.sandbox.http.client import SandboxClient, start_sandbox
from router.settings import Settings, read_settings
from router.store.drains.drains import Drains
from router.store.health.progress import ProgressBoard
from router.store.worklists.nights import Nights
from router.wakeups import WakeUps
from tests.world.rule_folders import CATALOG, PULLED, SMALL, with_rules
from tests.world.time import Clock, Time

PORTAL = "4242"


@pytest.fixture(scope="session")
def portal() -> Iterator[SandboxClient]:
    """One portal process per pytest-xdist worker."""
    with start_sandbox(portal_id=int(PORTAL)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(portal: SandboxClient) -> SandboxClient:
    """An empty portal without limits, latency or faults."""
    portal.stop_deliveries()
    portal.reset()
    portal.repair()
    portal.settings(latency_ms=0, calls_per_10s=0, searches_per_s=0, calls_per_day=0, search_lag_ms=0)
    return portal


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the small rule files, to break at will."""
    directory = tmp_path / "config"
    shutil.copytree(SMALL, directory)
    shutil.copy(CATALOG, directory)
    return directory


@pytest.fixture
def settings(sandbox: SandboxClient, rules: Path, tmp_path: Path) -> Settings:
    return read_settings(
        {
            "HUBSPOT_ACCESS_TOKEN": sandbox.token,
            "HUBSPOT_CLIENT_SECRET": sandbox.client_secret,
            "HUBSPOT_PORTAL_ID": PORTAL,
            "HUBSPOT_BASE_URL": sandbox.base_url,
            "HUBSPOT_CALLS_PER_10S": "5000",
            "PUBLIC_WEBHOOK_URL": "https://leads.example.fr/webhooks/hubspot",
            "CONFIG_DIR": str(rules),
            "VAR_DIR": str(tmp_path / "var"),
        }
    )


@pytest.fixture
def clock(sandbox: SandboxClient) -> Clock:
    """A Tuesday morning, for the desk and for the portal."""
    return Clock(sandbox)


@pytest.fixture
def time(clock: Clock) -> Time:
    """The same time, for journeys of hours and days."""
    return Time(clock)


@pytest.fixture
def desk(settings: Settings, redis_client: redis.Redis, clock: Clock) -> Iterator[Desk]:
    opened = open_desk(settings, redis_client, clock=clock)
    apply(opened.gateway, plan_for(opened.gateway))
    opened.inbox.open()
    opened.rules.refresh()
    yield opened
    opened.ledger.close()


@pytest.fixture
def pull(desk: Desk, rules: Path) -> Desk:
    """A desk whose leads wait in the queue of idf for half an hour."""
    return with_rules(desk, rules, PULLED)


@pytest.fixture
def office(desk: Desk, redis_client: redis.Redis, redis_url: str, clock: Clock) -> Office:
    """An office that has been here for a month, two minutes after now."""
    clock.forward(120)
    nights = Nights(redis_client, desk.keys)
    nights.born(clock() - timedelta(days=30))
    for_queue = redis.Redis.from_url(redis_url)
    return Office(
        desk=desk,
        drains=Drains(redis_client, desk.keys),
        wake_ups=WakeUps(for_queue, desk.portal),
        progress=ProgressBoard(redis_client, desk.keys, role="night"),
        nights=nights,
        queue_client=for_queue,
    )
