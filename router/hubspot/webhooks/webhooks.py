"""Parsing a delivery of HubSpot: the contacts that it announces, changes or erases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import orjson
from msgspec import Struct

from router.hubspot.properties import LAST_CONTACTED, LAST_UPDATED, OWNER, STAGE, STATUS
from router.hubspot.webhooks.creations import LATEST_MS, MAX_EVENTS, Announced, ContactId, only_creations
from router.hubspot.webhooks.touched import (
    CONTACT_TYPE_ID,
    contact_id_in,
    is_about_a_contact,
    is_our_echo,
    touched_fact,
)

FOLLOWED: Final = frozenset(
    (
        OWNER,
        STATUS,
        STAGE,
        LAST_CONTACTED,
        LAST_UPDATED,
    )
)
"""Properties whose changes show the outcome of a lead."""
MOST_MERGED: Final = 300
"""Ids of one merge that are looked at: HubSpot merges at most 250 contacts into one."""


class DeliveryInvalid(Exception):
    """The body is not a list of webhook events; answered with 400."""


class Delivery(Struct, frozen=True):
    """The content of one request of HubSpot; `ignored` counts events that do not concern us."""

    created: tuple[Announced, ...]
    erased: tuple[ContactId, ...]
    ignored: int
    changed: tuple[ContactId, ...] = ()
    """Contacts that another app or a person changed, deleted or restored; each of them once."""
    deleted: tuple[ContactId, ...] = ()
    """Those of them that were deleted."""
    merged: tuple[ContactId, ...] = ()
    """Ids under which contacts are not known any more, because they were merged; each of them once."""
    foreign: int = 0
    """Number of the ignored events that are of other portals."""
    touched: tuple[tuple[ContactId, str], ...] = ()
    """Contact and property (or `associatedcompanyid`) of each fact that changed; each pair once, in order.

    Without what we write, the echo of our own writes, and bulk changes; some are of contacts in `changed`.
    """


def parse(body: bytes, *, portal: str) -> Delivery:
    """The contacts that the events in `body` announce, change or erase in `portal`.

    Other kinds of events, other portals' events and the echo of our own writes are counted and ignored.
    Raises `DeliveryInvalid` for anything that is not a JSON list of at most 100 events.
    """
    alike = only_creations(body, portal=portal)
    return Delivery(alike, (), 0) if alike is not None else _sorted_out(_events(body), portal)


def _sorted_out(events: list[dict[str, Any]], portal: str) -> Delivery:
    created: list[Announced] = []
    erased: list[ContactId] = []
    changed: list[ContactId] = []
    deleted: list[ContactId] = []
    touched: list[tuple[ContactId, str]] = []
    merged: list[ContactId] = []
    foreign = ignored = 0
    for number, event in enumerate(events, start=1):
        # The documentation names the key eventType, every real delivery subscriptionType.
        kind = event.get("subscriptionType") or event.get("eventType")
        if type(kind) is not str:
            raise DeliveryInvalid(f"Event {number} has no subscriptionType.")
        if _id_in(event, "portalId", number) != portal:
            foreign += 1
            ignored += 1
            continue
        if kind == "contact.creation" or (
            kind == "object.creation" and event.get("objectTypeId") == CONTACT_TYPE_ID
        ):
            contact_id = ContactId(_id_in(event, "objectId", number))
            created.append((contact_id, _occurred_at_ms(event, number)))
        elif kind == "contact.privacyDeletion":
            erased.append(ContactId(_id_in(event, "objectId", number)))
        elif old_ids := _old_ids(kind, event):
            merged += old_ids
        else:
            worth_a_look = _is_worth_a_look(kind, event)
            if worth_a_look:
                changed.append(ContactId(_id_in(event, "objectId", number)))
                if kind.endswith(".deletion"):
                    deleted.append(changed[-1])
            fact = touched_fact(kind, event)
            if fact is not None:
                touched.append(fact)
            ignored += not worth_a_look and fact is None
    return Delivery(
        tuple(created),
        tuple(erased),
        ignored,
        changed=tuple(dict.fromkeys(changed)),
        deleted=tuple(deleted),
        merged=tuple(dict.fromkeys(merged)),
        foreign=foreign,
        touched=tuple(dict.fromkeys(touched)),
    )


def _old_ids(kind: str, event: Mapping[str, Any]) -> list[ContactId]:
    """The ids that a merge of contacts has ended; none for other events, and for one that names no ids.

    The contact that is left has a new id, or that of the primary one: HubSpot has done both.
    """
    if kind != "contact.merge" and (kind != "object.merge" or event.get("objectTypeId") != CONTACT_TYPE_ID):
        return []
    listed = event.get("mergedObjectIds")
    named = [event.get("primaryObjectId"), *(listed if type(listed) is list else ())][:MOST_MERGED]
    left = str(event.get("newObjectId") or event.get("primaryObjectId"))
    ids = [contact_id_in(one) for one in named]
    return [one for one in ids if one is not None and one != left]


def _is_worth_a_look(kind: str, event: Mapping[str, Any]) -> bool:
    """True if a contact was deleted or restored, or another app or a person changed a followed property."""
    about, _, what = kind.partition(".")
    if not is_about_a_contact(about, event):
        return False
    if what in ("deletion", "restore"):
        return True
    name = event.get("propertyName")
    if what != "propertyChange" or type(name) is not str or name not in FOLLOWED:
        return False
    return not is_our_echo(event)


def _events(body: bytes) -> list[dict[str, Any]]:
    try:
        events = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # The parser's message may quote the body, which may hold personal data: only the place is shown.
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

    HubSpot's compact JSON is; anything else is read a second time, slowly, because orjson silently keeps the
    last of two equal keys.
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
    found = contact_id_in(event.get(key))
    if found is None:
        raise DeliveryInvalid(f"Event {number} has no usable {key}.")
    return found


def _occurred_at_ms(event: dict[str, Any], number: int) -> int:
    moment = event.get("occurredAt")
    if type(moment) is not int or not 0 <= moment < LATEST_MS:
        raise DeliveryInvalid(f"Event {number} has no usable occurredAt.")
    return moment
