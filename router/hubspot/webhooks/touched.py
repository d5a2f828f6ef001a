"""Which fact of which contact an event changes: one of its properties, or its company."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from router.hubspot.properties import COMPANY
from router.hubspot.webhooks.creations import ContactId
from router.policy.leads.settle import is_ours

CONTACT_TYPE_ID: Final = "0-1"
COMPANY_TYPE_ID: Final = "0-2"
IN_BULK: Final = frozenset(("IMPORT", "CRM_UI_BULK_ACTION", "BATCH_UPDATE", "MIGRATION"))
"""`changeSource` of changes to many contacts at once: nobody waits for them, and nothing is revised."""
_ID: Final = re.compile(r"[1-9][0-9]{0,19}")
_ID_END: Final = 10**20
_CONTACT_KEYS: Final = {
    f"{CONTACT_TYPE_ID} {COMPANY_TYPE_ID}": "fromObjectId",
    f"{COMPANY_TYPE_ID} {CONTACT_TYPE_ID}": "toObjectId",
    "CONTACT_TO_COMPANY": "fromObjectId",
    "COMPANY_TO_CONTACT": "toObjectId",
}
"""The key that holds the contact, by the types of both ends (`object.*`) or by the type of association."""


def touched_fact(kind: str, event: Mapping[str, Any]) -> tuple[ContactId, str] | None:
    """The contact and the property that the event changes; a change of its company is `associatedcompanyid`.

    None for properties that we write, for the echo of our own writes, for bulk changes, and for events in a
    form that is not known: HubSpot would send a refused one ten times.
    """
    about, _, what = kind.partition(".")
    if what == "associationChange" and about in ("contact", "company", "object"):
        name, contact_id = COMPANY, contact_id_in(event.get(_contact_key(event)))
    elif what == "propertyChange" and is_about_a_contact(about, event):
        name, contact_id = _property_name(event), contact_id_in(event.get("objectId"))
    else:
        return None
    if contact_id is None or not name or is_ours(name) or is_our_echo(event) or _is_in_bulk(event):
        return None
    return contact_id, name


def is_about_a_contact(about: str, event: Mapping[str, Any]) -> bool:
    """True for `contact.*` and for `object.*` with a contact's type; `about` is the part before the dot."""
    return about == "contact" or (about == "object" and event.get("objectTypeId") == CONTACT_TYPE_ID)


def is_our_echo(event: Mapping[str, Any]) -> bool:
    """True if the app that receives the event has made the change itself."""
    by_an_app = event.get("changeSource") == "INTEGRATION"
    return by_an_app and str(event.get("sourceId")) == str(event.get("appId"))


def contact_id_in(value: object) -> ContactId | None:
    """The id, which HubSpot sends as a number or as text; None for anything else."""
    if type(value) is int and 0 < value < _ID_END:
        return ContactId(str(value))
    if type(value) is str and _ID.fullmatch(value):
        return ContactId(value)
    return None


def _contact_key(event: Mapping[str, Any]) -> str:
    ends = f"{event.get('fromObjectTypeId')} {event.get('toObjectTypeId')}"
    between = event.get("associationType") if ends == "None None" else ends
    return _CONTACT_KEYS.get(between, "") if type(between) is str else ""


def _property_name(event: Mapping[str, Any]) -> str:
    name = event.get("propertyName")
    return name if type(name) is str else ""


def _is_in_bulk(event: Mapping[str, Any]) -> bool:
    source = event.get("changeSource")
    return type(source) is str and source in IN_BULK
