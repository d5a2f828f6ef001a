"""The receiver as HubSpot meets it: signed deliveries, a real Redis, and the application around it."""

from __future__ import annotations

import pytest
import redis
from flask.testing import FlaskClient

from router.store.keys import Keys
from tests.world.deliveries import PORTAL, Bell, a_browser


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
