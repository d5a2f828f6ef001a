"""The fields that a request body must have, as HubSpot's published OpenAPI says; a test compares the two."""

from collections.abc import Iterator, Mapping
from typing import Any

from router.sandbox.http.errors import bad_request

Shape = Mapping[str, "Shape"]
"""The required fields by name; a field whose value is a list stands for each element of it."""

NOTHING: Shape = {}
OBJECT: Shape = {"properties": NOTHING}
PROPERTY: Shape = dict.fromkeys(("name", "label", "type", "fieldType", "groupName"), NOTHING)
REQUIRED: Mapping[str, Shape] = {
    "batch/read": {"inputs": {"id": NOTHING}, "properties": NOTHING, "propertiesWithHistory": NOTHING},
    "batch/update": {"inputs": {"id": NOTHING, **OBJECT}},
    "batch/create": {"inputs": OBJECT},
    "create": OBJECT,
    "update": OBJECT,
    "properties/create": PROPERTY,
    "properties/batch/create": {"inputs": PROPERTY},
    "groups/create": {"name": NOTHING, "label": NOTHING},
}
"""By the endpoint's name without its object type. A search has no required field, but its filters have."""

NESTED: Mapping[str, Mapping[str, Shape]] = {
    "search": {"filterGroups": {"filters": {"propertyName": NOTHING, "operator": NOTHING}}},
    "create": {
        "associations": {
            "to": {"id": NOTHING},
            "types": {"associationCategory": NOTHING, "associationTypeId": NOTHING},
        }
    },
}
"""What a field must hold if it is there at all."""


def check_required(endpoint: str, kind: str, body: Mapping[str, Any]) -> None:
    """Refuse a body in which a required field is absent or null."""
    name = "/".join(part for part in endpoint.split("/") if part != kind)
    missing = dict.fromkeys(_missing(REQUIRED.get(name, NOTHING), body))
    for field, shape in NESTED.get(name, {}).items():
        if body.get(field) is not None:
            missing |= dict.fromkeys(_missing({field: shape}, body))
    if missing:
        listed = ", ".join(missing)
        raise bad_request(
            f"Invalid input JSON on line 1, column 1: Some required fields were not set: [{listed}]"
        )


def _missing(shape: Shape, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _missing(shape, one)
        return
    for name, inner in shape.items():
        found = value.get(name) if isinstance(value, dict) else None
        if found is None:
            yield name
        else:
            yield from _missing(inner, found)
