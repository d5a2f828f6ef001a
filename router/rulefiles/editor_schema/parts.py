"""The few shapes that all editor schemas are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

import orjson

Schema: TypeAlias = dict[str, Any]

WIDEST: Final = 140
"""Widest line of JSON, in characters, that is not broken further."""
TEXT: Final[Schema] = {"type": ["string", "number", "boolean"]}
"""Any text: the editor's YAML reads `01` as a number and `true` as a boolean, which are texts to us."""
SPAN: Final = r"[0-9]{1,5} ?(min|minutes?|h|hours?|d|days?|w|weeks?|months?)"
WORKING_TIME: Final[Schema] = {
    "type": "string",
    "pattern": r"^[0-9]{1,5} ?(min|minutes?|h|hours?)$",
    "patternErrorMessage": "Write minutes or hours, such as 15min or 4h; they count in working hours.",
    "defaultSnippets": [{"label": text, "body": text} for text in ("15min", "1h", "2h", "4h", "8h")],
}
LONG_TIME: Final[Schema] = {
    "type": "string",
    "pattern": f"^{SPAN}$",
    "patternErrorMessage": "Write hours or days, such as 12h or 5d; they count by the clock.",
    "defaultSnippets": [{"label": text, "body": text} for text in ("12h", "1d", "2d", "5d", "7d")],
}
SHORT_TIME: Final[Schema] = {
    "type": "string",
    "pattern": r"^[0-9]{1,5} ?(s|sec|seconds?|min|minutes?|h|hours?)$",
    "patternErrorMessage": "Write seconds or minutes, such as 20s or 15min; they count by the clock.",
    "defaultSnippets": [{"label": text, "body": text} for text in ("6s", "20s", "1min", "15min")],
}
SHARE: Final[Schema] = {
    "type": "string",
    "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})? ?%$",
    "patternErrorMessage": "Write a share such as 5%.",
}
CLOCK: Final[Schema] = {
    "type": "string",
    "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$",
    "patternErrorMessage": "Write a time such as 02:30.",
}
DAY: Final[Schema] = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "patternErrorMessage": "Write a date such as 2026-12-21.",
}


def choice(values: Mapping[str, str] | Iterable[str]) -> Schema:
    """One of these values, with the meaning of each if a mapping gives it; any text if there is none.

    A value that looks like a number (`01`) reaches the schema as one, so that numbers in between pass.
    """
    meanings = dict(values) if isinstance(values, Mapping) else dict.fromkeys(values, "")
    if not meanings:
        return TEXT
    found: Schema = {"enum": [*meanings]}
    if any(meanings.values()):
        found["enumDescriptions"] = [*meanings.values()]
    if {"true", "false"} & meanings.keys():
        found = {"anyOf": [found, {"type": "boolean"}]}
    numbers = [int(value) for value in meanings if value.isdecimal()]
    if numbers:
        found = {"anyOf": [found, {"type": "integer", "minimum": min(numbers), "maximum": max(numbers)}]}
    return found


def one_or_many(one: Schema) -> Schema:
    """The value, or a list of such values that is not empty."""
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def keys(properties: Mapping[str, Schema], *, required: Iterable[str] = (), meaning: str = "") -> Schema:
    """A map of exactly these keys."""
    found: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    if needed := list(required):
        found["required"] = needed
    return described(found, meaning)


def named(value: Schema) -> Schema:
    """A map whose keys the author chooses."""
    return {"type": "object", "additionalProperties": value, "minProperties": 1}


def described(schema: Schema, meaning: str) -> Schema:
    """The schema with a description that the editor shows beside it."""
    return {**schema, "description": meaning} if meaning else schema


def defined(name: str) -> Schema:
    """A reference to a definition of the same schema."""
    return {"$ref": f"#/definitions/{name}"}


def as_text(schema: Schema) -> bytes:
    """The schema as JSON, broken into lines where they would be long: good to review and to merge."""
    return f"{_broken(schema, 0)}\n".encode()


def _broken(part: Any, depth: int) -> str:
    flat = orjson.dumps(part).decode()
    if len(flat) + depth <= WIDEST or not isinstance(part, dict | list):
        return flat
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(part, list):
        return f"[{inner}{f',{inner}'.join(_broken(each, depth + 1) for each in part)}{outer}]"
    lines = (f"{orjson.dumps(key).decode()}: {_broken(each, depth + 1)}" for key, each in part.items())
    return f"{{{inner}{f',{inner}'.join(lines)}{outer}}}"
