"""The portal's catalog as the file `hubspot.catalog.json`, with one line per property and option."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from router.policy.leads.catalog import Catalog, FactType, Option, Owner, Property

CATALOG_FILE: Final = "hubspot.catalog.json"

_TYPES: Final[Mapping[str, FactType]] = {
    "string": FactType.TEXT,
    "number": FactType.NUMBER,
    "date": FactType.DATE,
    "datetime": FactType.DATETIME,
    "bool": FactType.BOOL,
}
_CHOICES: Final = {"checkbox": FactType.CHOICES, "booleancheckbox": FactType.BOOL}
_HUBSPOT_WORDS: Final[Mapping[FactType, tuple[str, str]]] = {
    FactType.TEXT: ("string", "text"),
    FactType.NUMBER: ("number", "number"),
    FactType.DATE: ("date", "date"),
    FactType.DATETIME: ("datetime", "date"),
    FactType.BOOL: ("bool", "booleancheckbox"),
    FactType.CHOICE: ("enumeration", "select"),
    FactType.CHOICES: ("enumeration", "checkbox"),
}


class CatalogUnreadableError(ValueError):
    """The catalog file is no catalog; the message says what to do."""


def fact_type(hubspot_type: str, field_type: str) -> FactType:
    """Type of a property's values, from the `type` and `fieldType` of HubSpot's Properties API.

    A type that HubSpot adds later counts as text until it is added here.
    """
    if hubspot_type == "enumeration":
        return _CHOICES.get(field_type, FactType.CHOICE)
    return _TYPES.get(hubspot_type, FactType.TEXT)


def parse_catalog(content: bytes) -> Catalog:
    """The catalog that `dump_catalog` has written. Raises `CatalogUnreadableError`."""
    try:
        parsed = orjson.loads(content)
        return Catalog(
            contact=_properties(parsed["contact"]),
            company=_properties(parsed["company"]),
            owners=tuple(_owner(owner) for owner in parsed["owners"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"'{error.args[0]}' is missing" if isinstance(error, KeyError) else str(error)
        message = f"{CATALOG_FILE} is no catalog ({reason}). Run 'router pull' to write it again."
        raise CatalogUnreadableError(message) from error


def dump_catalog(catalog: Catalog) -> bytes:
    """The catalog as JSON, sorted, one line per property and option: good to review and to merge."""
    contact, company = (_property_lines(found.values()) for found in (catalog.contact, catalog.company))
    owners = sorted(catalog.owners, key=lambda owner: owner.id)
    sections = {
        "contact": contact,
        "company": company,
        "owners": [_line(_owner_fields(owner)) for owner in owners],
    }
    body = ",\n".join(f' "{name}": [\n{_joined(lines)}\n ]' for name, lines in sections.items())
    return f"{{\n{body}\n}}\n".encode()


def _properties(listed: Iterable[Mapping[str, Any]]) -> dict[str, Property]:
    found = (_property(fields) for fields in listed)
    return {prop.name: prop for prop in found}


def _property(fields: Mapping[str, Any]) -> Property:
    return Property(
        name=_text(fields, "name"),
        label=_text(fields, "label"),
        type=fact_type(_text(fields, "type"), _text(fields, "fieldType")),
        options=tuple(
            Option(_text(option, "value"), _text(option, "label"), option.get("archived") is True)
            for option in fields.get("options", ())
        ),
        integer=fields.get("integer") is True,
        read_only=fields.get("readOnly") is True,
    )


def _owner(fields: Mapping[str, Any]) -> Owner:
    archived = fields.get("archived") is True
    return Owner(_text(fields, "id"), _text(fields, "email"), _text(fields, "name"), archived)


def _text(fields: Mapping[str, Any], name: str) -> str:
    found = fields[name]
    if not isinstance(found, str):
        raise TypeError(f"'{name}' is no text")
    return found


def _property_lines(properties: Iterable[Property]) -> list[str]:
    lines = []
    for prop in sorted(properties, key=lambda found: found.name):
        hubspot_type, field_type = _HUBSPOT_WORDS.get(prop.type, ("string", "text"))
        fields: dict[str, object] = {"name": prop.name, "label": prop.label}
        fields |= {"type": hubspot_type, "fieldType": field_type}
        fields |= {"integer": True} if prop.integer else {}
        fields |= {"readOnly": True} if prop.read_only else {}
        line = _line(fields)
        if prop.options:
            options = ",\n".join("   " + _line(_option_fields(option)) for option in prop.options)
            line = f'{line[:-1]}, "options": [\n{options}]}}'
        lines.append(line)
    return lines


def _option_fields(option: Option) -> dict[str, object]:
    fields: dict[str, object] = {"value": option.value, "label": option.label}
    return fields | ({"archived": True} if option.archived else {})


def _owner_fields(owner: Owner) -> dict[str, object]:
    fields: dict[str, object] = {"id": owner.id, "email": owner.email, "name": owner.name}
    return fields | ({"archived": True} if owner.archived else {})


def _line(fields: Mapping[str, object]) -> str:
    pairs = (f'"{name}": {orjson.dumps(value).decode()}' for name, value in fields.items())
    return "{" + ", ".join(pairs) + "}"


def _joined(lines: Iterable[str]) -> str:
    return ",\n".join(f"  {line}" for line in lines)
