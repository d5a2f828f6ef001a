"""Deliveries as HubSpot makes them, signed for the address and the secret of the tests."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

from router.settings import Settings, read_settings

PORTAL = "4242"
SECRET = "a-client-secret"
TOKEN = "an-access-token"
URL = "https://leads.example.com/webhooks/hubspot"

ENVIRON = {
    "HUBSPOT_ACCESS_TOKEN": TOKEN,
    "HUBSPOT_CLIENT_SECRET": SECRET,
    "HUBSPOT_PORTAL_ID": PORTAL,
    "PUBLIC_WEBHOOK_URL": URL,
}


def some_settings() -> Settings:
    """Settings that are enough to serve."""
    return read_settings(ENVIRON)


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


def signed(body: bytes, *, ahead_s: float = 0.0) -> dict[str, str]:
    """The headers that HubSpot sends with `body`."""
    timestamp = str(int((time.time() + ahead_s) * 1000))
    message = b"POST" + URL.encode() + body + timestamp.encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), message, "sha256")).decode()
    return {
        "Content-Type": "application/json",
        "X-HubSpot-Signature-v3": signature,
        "X-HubSpot-Request-Timestamp": timestamp,
    }
