"""Is this delivery really from HubSpot, and which contacts does it announce, change or erase?

Bytes and headers come in; no web framework is known here. Two things can be wrong:

    Exception
    ├── SignatureInvalid   HubSpot did not send it, or not just now → 401
    └── DeliveryInvalid    signed, but not a list of events as documented → 400
"""

from __future__ import annotations

import base64
import functools
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NewType, TypeAlias, cast

import orjson
from pydantic import SecretStr

ContactId = NewType("ContactId", str)

MAX_SKEW: Final = timedelta(minutes=5)
_MAX_SKEW_MS: Final = MAX_SKEW / timedelta(milliseconds=1)
MAX_EVENTS: Final = 100
CONTACT_TYPE_ID: Final = "0-1"
FOLLOWED: Final = frozenset(
    ("hubspot_owner_id", "hs_lead_status", "lifecyclestage", "notes_last_contacted", "notes_last_updated")
)
"""Properties whose changes tell what became of a lead; changes of others are none of our business."""
SIGNATURE_HEADERS: Final = (
    "X-HubSpot-Signature-v3",
    "X-HubSpot-Request-Timestamp",
    "X-HubSpot-Signature",
)
"""Everything of a request's headers that `verify` looks at."""
_OF_A_CREATION: Final = itemgetter("subscriptionType", "portalId", "objectId", "occurredAt")
_LATEST_MS: Final = 10**14  # the year 5138
_ID: Final = re.compile(r"[1-9][0-9]{0,19}")
_ID_END: Final = 10**20

# HubSpot signs the address with exactly these decoded, and no others.
# https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
_DECODED: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'",
    "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip


class SignatureInvalid(Exception):  # noqa: N818 - it reads as a sentence where it is caught
    """The request does not prove that HubSpot sent it just now."""


class DeliveryInvalid(Exception):  # noqa: N818 - it reads as a sentence where it is caught
    """The body is not a list of webhook events."""


Announced: TypeAlias = tuple[ContactId, int]
"""A contact that HubSpot says was created, and when (epoch ms): a pair, as the inbox takes it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one request of HubSpot says; `ignored` counts events that are none of our business."""

    created: tuple[Announced, ...]
    erased: tuple[ContactId, ...]
    ignored: int
    changed: tuple[ContactId, ...] = ()
    """Contacts that somebody else than this app worked on, or deleted; each of them once."""


def verify(
    body: bytes,
    headers: Mapping[str, str],
    *,
    secrets: Sequence[SecretStr],
    public_url: str,
    now: datetime,
) -> None:
    """Raise `SignatureInvalid` unless `body` was signed for `public_url` with one of `secrets`, method POST.

    Only version 3 counts: its timestamp may be five minutes off, either way. HubSpot also sends the
    older versions, which can be replayed for ever.
    """
    signature, timestamp, old_signature = (_header(headers, name) for name in SIGNATURE_HEADERS)
    if signature is None:
        if old_signature is not None:
            raise SignatureInvalid("The request has an old signature only; X-HubSpot-Signature-v3 is needed.")
        raise SignatureInvalid("The request has no X-HubSpot-Signature-v3 header.")
    if timestamp is None or not re.fullmatch(r"[0-9]{1,15}", timestamp):
        raise SignatureInvalid(
            "The X-HubSpot-Request-Timestamp header is missing or not a time in milliseconds."
        )
    if abs(now.timestamp() * 1000 - int(timestamp)) > _MAX_SKEW_MS:
        raise SignatureInvalid(
            "The request was signed more than 5 minutes ago or ahead of now; check this machine's clock."
        )
    message = b"".join((b"POST", _signed_address(public_url), body, timestamp.encode("ascii")))
    claimed = signature.encode("utf-8", "replace")
    # Both secrets are always tried, so that the time taken does not tell which one matched.
    matches = [hmac.compare_digest(_sign(message, secret), claimed) for secret in secrets]
    if not any(matches):
        raise SignatureInvalid(
            "The signature does not match; "
            "compare HUBSPOT_CLIENT_SECRET and PUBLIC_WEBHOOK_URL with the app's settings."
        )


def parse(body: bytes, *, portal: str) -> Delivery:
    """The contacts that the events in `body` announce, change or erase in `portal`.

    Other kinds of events, other portals' events and the echo of what this app wrote itself are counted
    and left alone. Raises
    `DeliveryInvalid` for anything that is not a JSON list of at most 100 events.
    """
    events = _events(body)
    alike = _only_creations(events, portal)
    return Delivery(alike, (), 0) if alike is not None else _sorted_out(events, portal)


def _only_creations(events: list[dict[str, Any]], portal: str) -> tuple[Announced, ...] | None:
    """All events looked at together, which is four times as fast, when all of them announce contacts of
    this portal, as nearly always; None as soon as anything is different.
    """
    try:
        kinds, portals, ids, moments = zip(*map(_OF_A_CREATION, events), strict=True)
    except (KeyError, ValueError):  # a key that is missing, or no event at all
        return None
    if kinds[0] == "object.creation":
        about = [event.get("objectTypeId") for event in events]
        if about.count(CONTACT_TYPE_ID) < len(events):
            return None
    elif kinds[0] != "contact.creation":
        return None
    if kinds.count(kinds[0]) < len(events) or {*map(type, chain(portals, ids, moments))} != {int}:
        return None
    if str(portals[0]) != portal or portals.count(portals[0]) < len(events):
        return None
    if min(ids) <= 0 or max(ids) >= _ID_END or min(moments) < 0 or max(moments) >= _LATEST_MS:
        return None
    return tuple(zip(cast("Iterable[ContactId]", map(str, ids)), moments, strict=True))


def _sorted_out(events: list[dict[str, Any]], portal: str) -> Delivery:
    created: list[Announced] = []
    erased: list[ContactId] = []
    changed: list[ContactId] = []
    for number, event in enumerate(events, start=1):
        # The documentation names the key eventType, every real delivery subscriptionType.
        kind = event.get("subscriptionType") or event.get("eventType")
        if type(kind) is not str:
            raise DeliveryInvalid(f"Event {number} has no subscriptionType.")
        if _id_in(event, "portalId", number) != portal:
            continue
        if kind == "contact.creation" or (
            kind == "object.creation" and event.get("objectTypeId") == CONTACT_TYPE_ID
        ):
            contact_id = ContactId(_id_in(event, "objectId", number))
            created.append((contact_id, _occurred_at_ms(event, number)))
        elif kind == "contact.privacyDeletion":
            erased.append(ContactId(_id_in(event, "objectId", number)))
        elif _is_worth_a_look(kind, event):
            changed.append(ContactId(_id_in(event, "objectId", number)))
    ignored = len(events) - len(created) - len(erased) - len(changed)
    return Delivery(tuple(created), tuple(erased), ignored, tuple(dict.fromkeys(changed)))


def _is_worth_a_look(kind: str, event: Mapping[str, Any]) -> bool:
    """Whether a contact was deleted, or somebody else than this app changed what we follow of it."""
    about, _, what = kind.partition(".")
    if about != "contact" and (about != "object" or event.get("objectTypeId") != CONTACT_TYPE_ID):
        return False
    if what == "deletion":
        return True
    name = event.get("propertyName")
    if what != "propertyChange" or type(name) is not str or name not in FOLLOWED:
        return False
    by_an_app = event.get("changeSource") == "INTEGRATION"
    return not (by_an_app and str(event.get("sourceId")) == str(event.get("appId")))


def _header(headers: Mapping[str, str], name: str) -> str | None:
    found = headers.get(name)
    if found is not None:
        return found
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


@functools.lru_cache(maxsize=16)
def _signed_address(public_url: str) -> bytes:
    codes = "|".join(_DECODED)
    return re.sub(codes, lambda code: _DECODED[code[0].upper()], public_url, flags=re.IGNORECASE).encode()


def _sign(message: bytes, secret: SecretStr) -> bytes:
    return base64.b64encode(hmac.digest(secret.get_secret_value().encode(), message, "sha256"))


def _events(body: bytes) -> list[dict[str, Any]]:
    try:
        events = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # Its message may quote the body, which may hold personal data: only the place is told.
        raise DeliveryInvalid(f"The body is not JSON (line {error.lineno}, column {error.colno}).") from None
    if type(events) is not list:
        raise DeliveryInvalid("The body is not a list of events.")
    if len(events) > MAX_EVENTS:
        raise DeliveryInvalid(f"The body has {len(events)} events; HubSpot sends at most {MAX_EVENTS}.")
    for number, event in enumerate(events, start=1):
        if type(event) is not dict:
            raise DeliveryInvalid(f"Event {number} is not an object.")
    if not _is_plain(events, body):
        _refuse_repeated_keys(body)
    return events


def _is_plain(events: list[dict[str, Any]], body: bytes) -> bool:
    """True if `events` written again is `body` to the byte, so that no key can have been there twice.

    HubSpot's compact JSON is; anything else is read a second time, slowly, because orjson keeps the
    last of two equal keys without a word.
    """
    try:
        return orjson.dumps(events) == body
    except orjson.JSONEncodeError:  # it writes less deeply nested lists than it reads
        return False


def _refuse_repeated_keys(body: bytes) -> None:
    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = dict(pairs)
        if len(names) < len(pairs):
            raise DeliveryInvalid("An event has the same key twice.")
        return names

    try:
        json.loads(body, object_pairs_hook=distinct)
    except (ValueError, RecursionError):
        raise DeliveryInvalid("The body has numbers or nesting that no event has.") from None


def _id_in(event: dict[str, Any], key: str, number: int) -> str:
    value = event.get(key)
    if type(value) is int and 0 < value < _ID_END:
        return str(value)
    if type(value) is str and _ID.fullmatch(value):
        return value
    raise DeliveryInvalid(f"Event {number} has no usable {key}.")


def _occurred_at_ms(event: dict[str, Any], number: int) -> int:
    moment = event.get("occurredAt")
    if type(moment) is not int or not 0 <= moment < _LATEST_MS:
        raise DeliveryInvalid(f"Event {number} has no usable occurredAt.")
    return moment
