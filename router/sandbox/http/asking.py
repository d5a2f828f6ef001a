"""What control requests have in common: their JSON, the records that they name, and what makes no sense."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import request

from router.sandbox.crm.records import Record
from router.sandbox.portal import Portal

Json = dict[str, Any]


class Misuse(Exception):
    """A control request that makes no sense. Its message says why."""


def what_is_asked() -> Json:
    """The body of the request; an empty one is an empty object."""
    raw = request.get_data(cache=False)
    given = orjson.loads(raw) if raw else {}
    if not isinstance(given, dict):
        raise Misuse("The body must be a JSON object.")
    return given


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """The values as HubSpot holds them; None clears."""
    return {name: "" if value is None else str(value) for name, value in values.items()}


def contact_values(portal: Portal, values: Mapping[str, Any]) -> dict[str, str]:
    """The values of contact properties. Raises Misuse for a property that contacts do not have."""
    unknown = set(values) - set(portal.repositories["contacts"].properties)
    if unknown:
        raise Misuse(f"Contacts have no property '{min(unknown)}'.")
    return texts(values)


def known_contact(portal: Portal, contact: str) -> Record:
    """The contact of that id, or of the id it was merged into. Raises Misuse."""
    record = portal.repositories["contacts"].find(contact)
    if record is None:
        raise Misuse(f"There is no contact {contact}.")
    return record
