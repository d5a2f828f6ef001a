"""As much of a JSON Schema validator as our schemas use, and YAML read as an editor's server reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_TYPES = {
    "string": str,
    "boolean": bool,
    "number": int | float,
    "integer": int,
    "array": list,
    "object": dict,
}


class _Server(yaml.BaseLoader):
    """YAML 1.2: `01` is a number, `NO` is a text, `true` is a truth."""

    def construct_scalar(self, node: Any) -> Any:
        text = super().construct_scalar(node)
        if node.style is not None:
            return text
        if _NUMBER.fullmatch(text):
            return float(text) if "." in text else int(text)
        return {"": None, "true": True, "false": False}.get(text, text)


_Server.add_constructor("tag:yaml.org,2002:str", _Server.construct_scalar)


def as_an_editor_reads(text: str) -> Any:
    """The document; keys are texts, though their numbers lose leading zeros."""
    return _with_text_keys(yaml.load(text, Loader=_Server))  # noqa: S506 - BaseLoader makes no objects


def complaints(schema: dict[str, Any], document: Any) -> list[str]:
    """Where the document does not fit, as `path: why`."""
    return list(_against(schema, document, schema, ""))


def _with_text_keys(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _with_text_keys(value) for key, value in node.items()}
    return [_with_text_keys(value) for value in node] if isinstance(node, list) else node


def _against(part: Any, node: Any, whole: dict[str, Any], path: str) -> Iterator[str]:
    if isinstance(part, bool):
        if not part:
            yield f"{path}: not allowed"
        return
    if "$ref" in part:
        yield from _against(
            whole["definitions"][part["$ref"].removeprefix("#/definitions/")], node, whole, path
        )
    if "anyOf" in part and all(any(_against(one, node, whole, path)) for one in part["anyOf"]):
        yield f"{path}: fits nothing"
    if "if" in part:
        holds = not any(_against(part["if"], node, whole, path))
        yield from _against(part["then" if holds else "else"], node, whole, path)
    if "type" in part and not _has_type(node, part["type"]):
        yield f"{path}: no {part['type']}"
        return
    if "enum" in part and node not in part["enum"]:
        yield f"{path}: none of the values"
    if "const" in part and node != part["const"]:
        yield f"{path}: not {part['const']}"
    if isinstance(node, str) and "pattern" in part and not re.search(part["pattern"], node):
        yield f"{path}: no match"
    if isinstance(node, int | float) and not part.get("minimum", node) <= node <= part.get("maximum", node):
        yield f"{path}: out of bounds"
    if isinstance(node, list):
        if len(node) < part.get("minItems", 0):
            yield f"{path}: too short"
        for place, element in enumerate(node):
            yield from _against(part.get("items", {}), element, whole, f"{path}/{place}")
    if isinstance(node, dict):
        yield from _against_keys(part, node, whole, path)


def _against_keys(
    part: dict[str, Any], node: dict[str, Any], whole: dict[str, Any], path: str
) -> Iterator[str]:
    yield from (f"{path}/{name}: missing" for name in part.get("required", ()) if name not in node)
    if len(node) < part.get("minProperties", 0):
        yield f"{path}: empty"
    for name, value in node.items():
        fitting = [part["properties"][name]] if name in part.get("properties", {}) else []
        patterns = part.get("patternProperties", {}).items()
        fitting += [one for pattern, one in patterns if re.search(pattern, name)]
        for one in fitting or [part.get("additionalProperties", True)]:
            yield from _against(one, value, whole, f"{path}/{name}")


def _has_type(node: Any, wanted: str | list[str]) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    if node is None or isinstance(node, bool):
        return ("null" if node is None else "boolean") in names
    return any(name != "null" and isinstance(node, _TYPES[name]) for name in names)
