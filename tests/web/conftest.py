"""The receiver as HubSpot meets it: signed deliveries, a real Redis, and the application around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import redis
from flask.testing import FlaskClient

from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.web.app import create_app
from tests.world.deliveries import PORTAL, some_settings


@dataclass
class Bell:
    """Stands for the workers' queue: counts how often it was rung, and can be broken."""

    rings: int = 0
    error: Exception | None = None
    on_ring: list[Callable[[], None]] = field(default_factory=list)

    def __call__(self) -> None:
        self.rings += 1
        for action in self.on_ring:
            action()
        if self.error:
            raise self.error


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def keys() -> Keys:
    return Keys(PORTAL)


@pytest.fixture
def browser(redis_client: redis.Redis, keys: Keys, bell: Bell) -> FlaskClient:
    """A client of the application on a live Redis."""
    return a_browser(redis_client, keys, bell)


def a_browser(client: redis.Redis, keys: Keys, bell: Bell) -> FlaskClient:
    app = create_app(
        settings=some_settings(), inbox=Inbox(client, keys), wake=bell, vitals=Vitals(client, keys)
    )
    return app.test_client()
