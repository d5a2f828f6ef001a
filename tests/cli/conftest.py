"""The command line in front of a toy portal and a real Redis."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
import structlog
from click.testing import CliRunner, Result

from router.bootstrap import open_services
from router.cli.commands import router
from router.hubspot.setup import apply, plan_for
from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient, start_sandbox
from router.settings import read_settings

CONFIG = Path(__file__).parents[2] / "config"
PORTAL = "4242"

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command points the log at its own stderr, which is closed after the test."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def portal() -> Iterator[SandboxClient]:
    with start_sandbox(portal_id=int(PORTAL)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(portal: SandboxClient) -> SandboxClient:
    """An empty portal."""
    portal.reset()
    return portal


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
        "CONFIG_DIR": str(CONFIG),
        "VAR_DIR": str(tmp_path / "var"),
        "COLUMNS": "80",
    }


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """Run a command as a person does: `run("explain", "501")`; keywords change the environment."""

    def run_it(*arguments: str, **changed: str) -> Result:
        return CliRunner(env={**environ, **changed}).invoke(router, arguments, prog_name="router")

    return run_it


@pytest.fixture
def services(environ: dict[str, str], redis_client: redis.Redis) -> Services:
    """The desk of the same portal, with its rules live and the portal's properties created."""
    services = open_services(read_settings(environ), redis_client)
    services.rules.refresh()
    apply(services.hubspot, plan_for(services.hubspot))
    return services


@pytest.fixture
def route_now(services: Services) -> Callable[[list[str]], None]:
    """Route these contacts as a worker does, and carry what happened into the ledger."""

    def route_them(contact_ids: list[str]) -> None:
        services.store.inbox.append([(one, services.now_ms()) for one in contact_ids])
        route(services, services.store.inbox.take("test"), consumer="test")
        record_outbox(services)

    return route_them
