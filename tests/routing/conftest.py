"""A routing desk on real parts: a sandbox portal in its own process, a real Redis, a real ledger."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from router.bootstrap import open_services
from router.hubspot.setup import apply, plan_for
from router.routing.intake.route import Routed, route
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient, start_sandbox
from router.settings import Settings, read_settings
from router.store.keys import Keys

RULES = Path(__file__).parent / "rules"
CATALOG = Path(__file__).parents[2] / "config" / "hubspot.catalog.json"

OWNERS = {
    "camille": "71480101",
    "hugo": "71480102",
    "lea": "71480103",
    "nadia": "71480104",
    "marc": "71480107",
    "claire": "71480109",
}


@dataclass
class Clock:
    """The real time, moved forward at will."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def portal() -> Iterator[SandboxClient]:
    """One portal process per pytest-xdist worker."""
    with start_sandbox() as sandbox:
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
    shutil.copytree(RULES, directory)
    shutil.copy(CATALOG, directory)
    return directory


@pytest.fixture
def settings(sandbox: SandboxClient, rules: Path, tmp_path: Path) -> Settings:
    return read_settings(
        {
            "HUBSPOT_ACCESS_TOKEN": sandbox.token,
            "HUBSPOT_CLIENT_SECRET": sandbox.client_secret,
            "HUBSPOT_PORTAL_ID": "4242",
            "HUBSPOT_BASE_URL": sandbox.base_url,
            "HUBSPOT_CALLS_PER_10S": "5000",
            "PUBLIC_WEBHOOK_URL": "https://leads.example.fr/webhooks/hubspot",
            "CONFIG_DIR": str(rules),
            "VAR_DIR": str(tmp_path / "var"),
        }
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass(frozen=True)
class Time:
    """One time for desk and portal: days pass in milliseconds, and HubSpot's dates pass with them."""

    clock: Clock
    sandbox: SandboxClient

    def now(self) -> datetime:
        return self.clock()

    def pass_by(self, **span: float) -> datetime:
        """So much later, as `timedelta` takes it: `pass_by(hours=4)`."""
        seconds = timedelta(**span).total_seconds()
        self.clock.forward(seconds)
        self.sandbox.put_forward(seconds)
        return self.now()

    def pass_until(self, moment: datetime) -> datetime:
        """Until that moment (aware)."""
        return self.pass_by(seconds=(moment - self.now()).total_seconds())


@pytest.fixture
def time(clock: Clock, sandbox: SandboxClient) -> Time:
    """The one time that the desk of this test and its portal live in."""
    return Time(clock, sandbox)


@pytest.fixture
def services(
    settings: Settings, redis_client: redis.Redis, clock: Clock, sandbox: SandboxClient
) -> Iterator[Services]:
    opened = open_services(settings, redis_client, clock=clock)
    apply(opened.hubspot, plan_for(opened.hubspot))
    opened.store.inbox.open()
    opened.rules.refresh()
    assert Keys("4242").inbox == opened.store.keys.inbox
    yield opened
    opened.ledger.close()


def announce(services: Services, *contact_ids: str) -> None:
    """What the receiver does with a delivery."""
    services.store.inbox.append([(contact_id, services.now_ms()) for contact_id in contact_ids])


def route_all(services: Services, *, consumer: str = "test") -> list[Routed]:
    """What a drain does, one batch after the other."""
    routed = []
    while entries := services.store.inbox.take(consumer):
        routed.append(route(services, entries, consumer=consumer))
    return routed


def a_hot_contact(**properties: str) -> dict[str, str]:
    """Somebody whom the team's fair share takes."""
    return {
        "email": "a@acier.fr",
        "jobtitle": "Directeur",
        "type_demande": "demo",
        "country": "France",
    } | properties
