"""Reader of `lists.yaml`: the values of each named list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from router.rulefiles.words.matchers import LIST_SIGN
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Node, Scalar, YamlEntry

DEEPEST_LISTS: Final = 10
_NAME: Final = re.compile(r"\w+")


def read_lists(root: Node, file: FileReader) -> Mapping[str, tuple[str, ...]]:
    """The values of every list by its name; a list named inside another (`$name`) is filled in."""
    entry = (file.fields(root, "lists.yaml", known=("lists",)) or {}).get("lists")
    if entry is None:
        return {}
    written: dict[str, YamlEntry] = {}
    for each in file.entries(entry.value, "'lists'"):
        if not _NAME.fullmatch(each.key.text):
            hint = "Use letters, digits and '_'."
            file.error(each.key, f"'{each.key.text}' cannot be the name of a list", hint)
        written[each.key.text] = each
    filled: dict[str, tuple[str, ...]] = {}
    for name in written:
        _fill(name, written, filled, inside=(), file=file)
    return filled


def _fill(
    name: str,
    written: Mapping[str, YamlEntry],
    filled: dict[str, tuple[str, ...]],
    *,
    inside: tuple[str, ...],
    file: FileReader,
) -> tuple[str, ...]:
    if name in filled:
        return filled[name]
    values: dict[str, None] = {}
    for scalar in file.scalars(written[name].value, f"the list '{name}'"):
        inner = scalar.text.removeprefix(LIST_SIGN)
        if scalar.quoted or inner == scalar.text:
            _add(values, scalar, name, file)
        elif inner not in written:
            file.error(scalar, f"there is no list '{inner}'", like=inner, among=written)
        elif inner in (*inside, name):
            file.error(scalar, f"the list '{name}' includes itself", f"Remove '{LIST_SIGN}{inner}'.")
        elif len(inside) == DEEPEST_LISTS:
            hint = "Write the values out."
            file.error(scalar, f"lists are named inside one another more than {DEEPEST_LISTS} deep", hint)
        else:
            within = _fill(inner, written, filled, inside=(*inside, name), file=file)
            values.update(dict.fromkeys(within))
    filled[name] = tuple(values)
    return filled[name]


def _add(values: dict[str, None], scalar: Scalar, name: str, file: FileReader) -> None:
    if scalar.text in values:
        file.warning(scalar, f"'{scalar.text}' stands twice in the list '{name}'", "Remove one of the two.")
    values[scalar.text] = None
