"""HubSpot's webhook bodies, byte for byte, and their signatures.

Bodies after captured deliveries; signatures after HubSpot's page on validating requests.
"""

import base64
import hashlib
import hmac
import itertools
import random
import re
from dataclasses import dataclass
from typing import Any

from router.sandbox.clock import real_ms
from router.sandbox.crm.records import Record, Source
from router.sandbox.settings import Settings

FORMS = ("legacy", "generic", "mixed")
_SUBSCRIPTIONS = {
    "creation": 3434176,
    "deletion": 3434177,
    "privacyDeletion": 3434178,
    "merge": 3434179,
    "propertyChange": 3434180,
    "associationChange": 3434181,
}
_FLAGS = {"creation": "CREATED", "deletion": "DELETED", "privacyDeletion": "DELETED", "merge": "MERGED"}
_event_ids = itertools.count(1534991568)


@dataclass(slots=True)
class Event:
    """An event of a contact that is announced to subscribers."""

    kind: str
    object_id: str
    occurred_ms: int
    source: Source
    record: Record | None = None
    merged: tuple[int, int] | None = None
    """The surviving and the absorbed id of a merge."""
    changed: tuple[str, str] | None = None
    """The property that changed, and its new value."""
    company: tuple[str, bool] | None = None
    """The company that was linked to the contact, or removed from it (true)."""
    form: str = "legacy"
    event_id: int = 0
    attempts: int = 0
    is_repeat: bool = False

    def __post_init__(self) -> None:
        self.event_id = self.event_id or next(_event_ids)

    def again(self, chance: random.Random) -> "Event":
        """The same event sent a second time, sometimes under another eventId: HubSpot promises neither."""
        event_id = self.event_id if chance.random() < 0.5 else next(_event_ids)
        return Event(
            self.kind,
            self.object_id,
            self.occurred_ms,
            self.source,
            self.record,
            self.merged,
            self.changed,
            self.company,
            self.form,
            event_id,
            is_repeat=True,
        )

    def body(self, settings: Settings) -> dict[str, Any]:
        """The event as an element of the delivered array."""
        generic = self.form == "generic" and self.kind != "privacyDeletion"  # which has no generic form
        body: dict[str, Any] = {
            "eventId": self.event_id,
            "subscriptionId": _SUBSCRIPTIONS[self.kind] + (415530 if generic else 0),
            "portalId": settings.portal_id,
            "appId": settings.app_id,
            "occurredAt": self.occurred_ms,
            "subscriptionType": f"{'object' if generic else 'contact'}.{self.kind}",
            "attemptNumber": self.attempts,
        }
        if self.company is not None:
            return body | self._association(*self.company, generic=generic)
        if self.merged is not None:
            body |= {"primaryObjectId": self.merged[0], "mergedObjectIds": [self.merged[1]]}
            body |= {"newObjectId": int(self.object_id), "numberOfPropertiesMoved": 0}
        else:
            body["objectId"] = int(self.object_id)
        if generic:
            body["objectTypeId"] = "0-1"
        if self.changed is not None:
            body |= {"propertyName": self.changed[0], "propertyValue": self.changed[1]}
        else:
            body["changeFlag"] = _FLAGS[self.kind]
        body["changeSource"] = self.source.type
        body["sourceId"] = self.source.id
        if self.changed is not None:
            body["isSensitive"] = False
        return body

    def _association(self, company: str, removed: bool, *, generic: bool) -> dict[str, Any]:
        # The fields of HubSpot's webhooks page; no capture of such an event was found.
        named = {"associationType": "CONTACT_TO_COMPANY"}
        typed = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}
        typed |= {"fromObjectTypeId": "0-1", "toObjectTypeId": "0-2"}
        return {
            **(typed if generic else named),
            "fromObjectId": int(self.object_id),
            "toObjectId": int(company),
            "associationRemoved": removed,
            "isPrimaryAssociation": True,
            "changeSource": self.source.type,
            "sourceId": self.source.id,
        }


def signed_headers(body: bytes, *, secret: str, url: str) -> dict[str, str]:
    """The headers of a real delivery: the v1 signature and the v3 signature, stamped now."""
    stamp = str(real_ms())  # the receiver compares it with its own clock
    signed = b"POST" + _decoded(url).encode() + body + stamp.encode()
    v3 = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/) - WebhooksExecutorDaemon-executor",
        "X-HubSpot-Signature": hashlib.sha256(secret.encode() + body).hexdigest(),
        "X-HubSpot-Signature-Version": "v1",
        "X-HubSpot-Signature-v3": base64.b64encode(v3).decode(),
        "X-HubSpot-Request-Timestamp": stamp,
        "X-HubSpot-Timeout-Millis": "10000",
    }


_ESCAPES = re.compile(r"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


def _decoded(url: str) -> str:
    # HubSpot decodes these twelve escapes, and no others, in the URI it signs.
    return _ESCAPES.sub(lambda escape: chr(int(escape[1], 16)), url)
