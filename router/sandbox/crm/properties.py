"""Properties: their definition, the values they accept, and their form in the Properties API."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from router.sandbox.clock import iso, parse_ms
from router.sandbox.http.errors import Mistake


class Option(Struct, frozen=True):
    """One option of an enumeration: the stored value, and the label that people see."""

    value: str
    label: str


class Property(Struct, frozen=True):
    """A property of contacts, companies or users, as the portal defines it."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    group: str = "contactinformation"
    options: tuple[Option, ...] = ()
    description: str = ""
    read_only: bool = False
    calculated: bool = False
    hubspot_defined: bool = True
    allowed: frozenset[str] = frozenset()
    """The values of an enumeration that are stored as they are."""
    takes_any_text: bool = False

    @property
    def names_an_owner(self) -> bool:
        """True for `hubspot_owner_id`, whose options are the portal's owners."""
        return self.name == "hubspot_owner_id"


def defined(name: str, label: str, **fields: Any) -> Property:
    """A property, with its set of directly accepted values computed once."""
    writable = not fields.get("read_only", False)
    allowed = frozenset(option.value for option in fields.get("options", ()) if writable)
    takes_any_text = writable and fields.get("type", "string") == "string"
    return Property(name, label, **fields, allowed=allowed, takes_any_text=takes_any_text)


def clean(prop: Property, value: object, *, owners: frozenset[str]) -> str | Mistake:
    """The value as HubSpot stores it (always text), or the mistake it answers with.

    An empty value clears the property. Dates may come as ISO text or epoch milliseconds.
    """
    text = _as_text(value)
    if prop.read_only:
        message = f'"{prop.name}" is a read only property; its value cannot be set.'
        return Mistake(prop.name, "READ_ONLY_VALUE", message)
    if not text:
        return ""
    if prop.names_an_owner:
        unknown = f"Owner with id {text} does not exist or is not active."
        return text if text in owners else Mistake(prop.name, "INVALID_OWNER_ID", unknown)
    match prop.type:
        case "enumeration":
            return _choice(prop, text)
        case "datetime" | "date":
            return _moment(prop, text)
        case "number":
            return _number(prop, text)
        case _:
            return text


def described(prop: Property) -> dict[str, Any]:
    """The property as the Properties API answers it."""
    return {
        "name": prop.name,
        "label": prop.label,
        "type": prop.type,
        "fieldType": prop.field_type,
        "description": prop.description,
        "groupName": prop.group,
        "options": [
            {"label": o.label, "value": o.value, "displayOrder": order, "hidden": False}
            for order, o in enumerate(prop.options)
        ],
        "displayOrder": -1,
        "calculated": prop.calculated,
        "externalOptions": prop.names_an_owner,
        **({"referencedObjectType": "OWNER"} if prop.names_an_owner else {}),
        "hasUniqueValue": False,
        "hidden": False,
        "hubspotDefined": prop.hubspot_defined,
        "formField": not prop.read_only,
        "archived": False,
        "modificationMetadata": {
            "archivable": not prop.hubspot_defined,
            "readOnlyDefinition": prop.hubspot_defined,
            "readOnlyValue": prop.read_only,
        },
    }


_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TYPES = frozenset(("string", "number", "date", "datetime", "enumeration", "bool"))


def from_request(body: Mapping[str, Any], *, groups: Mapping[str, str]) -> Property | str:
    """The property that a create request describes, or the sentence that refuses it."""
    name, label, kind = (str(body.get(key, "")) for key in ("name", "label", "type"))
    if not _NAME.fullmatch(name):
        return f"Property name '{name}' is not valid: lowercase letters, digits and underscores only."
    if kind not in _TYPES:
        return f"Property type '{kind}' is not valid."
    if body.get("groupName") not in groups:
        return f"Property group '{body.get('groupName')}' does not exist."
    options = [Option(str(o["value"]), str(o.get("label", o["value"]))) for o in body.get("options") or ()]
    if kind == "bool" and not options:
        options = [Option("true", "True"), Option("false", "False")]
    return defined(
        name,
        label or name,
        type="enumeration" if kind == "bool" else kind,
        field_type=str(body.get("fieldType", "text")),
        group=str(body["groupName"]),
        description=str(body.get("description", "")),
        options=tuple(options),
        hubspot_defined=False,
    )


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _choice(prop: Property, text: str) -> str | Mistake:
    if text in prop.allowed:
        return text
    chosen = text.removeprefix(";").split(";")
    if prop.field_type == "checkbox" and prop.allowed.issuperset(chosen):
        return text
    allowed = tuple(option.value for option in prop.options)
    listed = ", ".join(f"label: {o.label}\nvalue: {o.value}" for o in prop.options)
    message = f"{text} was not one of the allowed options: [{listed}]"
    return Mistake(prop.name, "INVALID_OPTION", message, allowed)


def _moment(prop: Property, text: str) -> str | Mistake:
    try:
        moment = iso(parse_ms(text))
    except (ValueError, OverflowError):
        return Mistake(prop.name, "INVALID_DATE", f"{text} was not a valid long.")
    return moment if prop.type == "datetime" else moment[:10]


def _number(prop: Property, text: str) -> str | Mistake:
    try:
        float(text)
    except ValueError:
        return Mistake(prop.name, "INVALID_INTEGER", f"{text} was not a valid number.")
    return text
