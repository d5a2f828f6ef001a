"""A real portal in a process of its own, an app that calls it, and an endpoint for its webhooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from router.sandbox.http.client import SandboxClient, start_sandbox
from tests.world.hubspot_app import App, Endpoint

ORDINARY = {
    "token": "pat-eu1-sandbox",
    "latency_ms": 0,
    "calls_per_10s": 0,
    "searches_per_s": 0,
    "calls_per_day": 0,
    "search_lag_ms": 0,
    "search_short_pages": False,
    "search_ghosts": 0,
    "validation": "whole_batch",
    "shuffle_results": True,
    "link_companies": False,
    "merge_keeps_id": False,
    "keep_calls": False,
}


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxClient]:
    """One process per pytest-xdist worker."""
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: SandboxClient) -> SandboxClient:
    """An empty portal without limits or faults, which announces nothing."""
    running_sandbox.stop_deliveries()
    running_sandbox.reset()
    running_sandbox.settings(**ORDINARY)
    return running_sandbox


@pytest.fixture
def app(sandbox: SandboxClient) -> App:
    """A private app of the portal."""
    return App(sandbox.base_url, sandbox.token)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Where webhooks go."""
    with Endpoint() as listening:
        yield listening
