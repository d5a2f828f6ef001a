"""The command line in front of a toy portal and a real Redis, with the rules of a whole company."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.settings import Settings, read_settings
from tests.world.command_line import RouteNow, Run, a_runner
from tests.world.portal import PORTAL, clock, portal, sandbox, services
from tests.world.rule_folders import COMPANY
from tests.world.time import Clock

__all__ = ["clock", "portal", "sandbox", "services"]


@pytest.fixture
def environ(
    sandbox: SandboxClient, redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> dict[str, str]:
    return {
        "HUBSPOT_ACCESS_TOKEN": sandbox.token,
        "HUBSPOT_CLIENT_SECRET": sandbox.client_secret,
        "HUBSPOT_PORTAL_ID": PORTAL,
        "HUBSPOT_BASE_URL": sandbox.base_url,
        "HUBSPOT_CALLS_PER_10S": "10000",
        "PUBLIC_WEBHOOK_URL": "http://127.0.0.1:1/webhooks/hubspot",
        "REDIS_URL": redis_url,
        "DATABASE_URL": "",
        "CONFIG_DIR": str(COMPANY),
        "VAR_DIR": str(tmp_path / "var"),
        "COLUMNS": "80",
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return read_settings(environ)


@pytest.fixture
def run(environ: dict[str, str], clock: Clock) -> Run:
    """Run a command as a person does: `run("explain", "501")`; keywords change the environment."""
    return a_runner(environ, clock=clock)


@pytest.fixture
def route_now(services: Services) -> RouteNow:
    """Route these contacts as a worker does, and carry what happened into the ledger."""

    def route_them(contact_ids: list[str]) -> None:
        services.store.inbox.append([(one, services.now_ms()) for one in contact_ids])
        route(services, services.store.inbox.take("test"), consumer="test")
        record_outbox(services)

    return route_them
