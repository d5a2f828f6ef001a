"""Deliveries as HubSpot makes them, signed as the tests expect it, and the application."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import redis
from flask.testing import FlaskClient

from router.settings import Settings, read_settings
from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.web.app import create_app
from tests.world.time import NOW

PORTAL = "4242"
SECRET = "the-client-secret"
TOKEN = "an-access-token"
URL = "https://leads.example.com/webhooks/hubspot"

ENVIRON = {
    "HUBSPOT_ACCESS_TOKEN": TOKEN,
    "HUBSPOT_CLIENT_SECRET": SECRET,
    "HUBSPOT_PORTAL_ID": PORTAL,
    "PUBLIC_WEBHOOK_URL": URL,
}


HEALTH_TOKEN = "a-token-for-the-health-page"


def some_settings(**more: str) -> Settings:
    """Settings that are enough to serve."""
    return read_settings(ENVIRON | {"HEALTH_TOKEN": HEALTH_TOKEN} | more)


def created(*contact_ids: int, **changed: object) -> bytes:
    """A body that announces these contacts."""
    return body_of(*({**an_event(), "objectId": contact_id, **changed} for contact_id in contact_ids))


def an_event() -> dict[str, Any]:
    return {
        "eventId": 1534991568,
        "subscriptionId": 3434176,
        "portalId": int(PORTAL),
        "appId": 10457515,
        "occurredAt": 1744159176740,
        "subscriptionType": "object.creation",
        "attemptNumber": 0,
        "objectId": 501,
        "objectTypeId": "0-1",
        "changeFlag": "CREATED",
        "changeSource": "INTEGRATION",
        "sourceId": "10457515",
    }


def body_of(*events: dict[str, Any]) -> bytes:
    return json.dumps(events, separators=(",", ":")).encode()


def signed(body: bytes, *, now: datetime = NOW) -> dict[str, str]:
    """The headers that HubSpot sends with `body`, at this moment."""
    timestamp = str(int(now.timestamp() * 1000))
    message = b"POST" + URL.encode() + body + timestamp.encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), message, "sha256")).decode()
    return {
        "Content-Type": "application/json",
        "X-HubSpot-Signature-v3": signature,
        "X-HubSpot-Request-Timestamp": timestamp,
    }


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


def a_browser(client: redis.Redis, keys: Keys, bell: Bell, **settings: str) -> FlaskClient:
    """A client of the application on this Redis, at NOW; `settings` are variables of its environment."""
    app = create_app(
        settings=some_settings(**settings),
        inbox=Inbox(client, keys),
        wake=bell,
        vitals=Vitals(client, keys),
        clock=lambda: NOW,
    )
    return app.test_client()
