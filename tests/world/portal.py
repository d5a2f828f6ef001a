"""Fixtures: services on real parts: a sandbox portal in its own process, a Redis and a ledger.

A `conftest.py` imports those that its folder needs; each test that uses the portal begins at NOW.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from router.bootstrap import ProcessContext, open_services
from router.hubspot.setup import apply, plan_for
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient, start_sandbox
from router.settings import Settings, read_settings
from router.store.health.progress import ProgressBoard
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
    portal.settings(link_companies=False, merge_keeps_id=False)
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
    """A Tuesday morning, for the services and for the portal."""
    return Clock(sandbox)


@pytest.fixture
def time(clock: Clock) -> Time:
    """The same time, for journeys of hours and days."""
    return Time(clock)


@pytest.fixture
def services(settings: Settings, redis_client: redis.Redis, clock: Clock) -> Iterator[Services]:
    opened = open_services(settings, redis_client, clock=clock)
    apply(opened.hubspot, plan_for(opened.hubspot))
    opened.store.inbox.open()
    opened.rules.refresh()
    yield opened
    opened.ledger.close()


@pytest.fixture
def pull(services: Services, rules: Path) -> Services:
    """Services whose leads wait in the queue of idf for half an hour."""
    return with_rules(services, rules, PULLED)


@pytest.fixture
def context(services: Services, redis_client: redis.Redis, redis_url: str, clock: Clock) -> ProcessContext:
    """A context that has been here for a month, two minutes after now."""
    clock.forward(120)
    services.store.nights.born(clock() - timedelta(days=30))
    for_queue = redis.Redis.from_url(redis_url)
    return ProcessContext(
        services=services,
        wake_ups=WakeUps(for_queue, services.portal),
        progress=ProgressBoard(redis_client, services.store.keys, role="housekeeping"),
        queue_client=for_queue,
    )
