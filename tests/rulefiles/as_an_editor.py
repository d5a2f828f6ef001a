"""A YAML file as an editor's language server sees it: read as YAML 1.2, and held against a schema."""

from __future__ import annotations

import re
from typing import Any

import yaml
from jsonschema import Draft7Validator

_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")


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
    """Where the document does not fit, as `path: why`. Raises SchemaError if the schema itself is wrong."""
    Draft7Validator.check_schema(schema)
    found = Draft7Validator(schema).iter_errors(document)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in found]


def _with_text_keys(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _with_text_keys(value) for key, value in node.items()}
    return [_with_text_keys(value) for value in node] if isinstance(node, list) else node
