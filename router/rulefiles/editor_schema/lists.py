"""The editor schema of `lists.yaml`."""

from __future__ import annotations

from router.rulefiles.editor_schema.names import Names
from router.rulefiles.editor_schema.parts import TEXT, Schema, choice, described, keys, named, one_or_many


def lists_schema(names: Names) -> Schema:
    """The schema of `lists.yaml`: a list can name another one."""
    others = [f"${name}" for name in names.lists or ()]
    value: Schema = {"anyOf": [choice(others), TEXT]} if others else TEXT
    values = described(one_or_many(value), "Values, or other lists by $name")
    return keys({"lists": named(values)}, required=("lists",))
