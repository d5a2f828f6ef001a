"""What every test stands on: a Redis (REDIS_URL if set, else a real Valkey of our own), and examples that
are the same in every run (`make soak` looks for new ones)."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import structlog
from hypothesis import HealthCheck, settings

from router.store.embedded import EmbeddedValkey
from router.store.keys import Keys
from tests.world.postgres import NOT_INSTALLED

# Time limits per example judge the machine and its load; what never ends is ended by pytest-timeout.
WITHOUT_LIMITS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", WITHOUT_LIMITS, derandomize=False)
settings.register_profile("repeatable", WITHOUT_LIMITS, derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server per pytest-xdist worker."""
    given = os.environ.get("REDIS_URL")
    if given:
        yield given
        return
    with EmbeddedValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server.url


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[redis.Redis]:
    """A client of an empty server."""
    with redis.Redis.from_url(redis_url, decode_responses=True, protocol=3) as client:
        client.flushall()
        yield client


@pytest.fixture
def keys() -> Keys:
    """The keys of a made-up portal."""
    return Keys("4242")


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A private server, for tests that kill it."""
    server = EmbeddedValkey(tmp_path / "valkey").start()
    yield server
    server.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not tested, where it was not."""
    if any(NOT_INSTALLED in str(one.longrepr) for one in terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_line(NOT_INSTALLED)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """A command or process that a test runs sets up the log of this process: the next test has its own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
