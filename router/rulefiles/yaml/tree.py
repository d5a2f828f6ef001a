"""A rule file as a tree, in which every scalar is still text and knows its line and column."""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct

LONGEST_QUOTE: Final = 80
"""Characters of a value that messages and reasons repeat."""


class Scalar(Struct, frozen=True):
    """One value as written. A quoted one is always meant literally: no keyword, no list name."""

    text: str
    line: int
    column: int
    quoted: bool = False


class Seq(Struct, frozen=True):
    """A list, in order."""

    elements: tuple[Node, ...]
    line: int
    column: int


class YamlEntry(Struct, frozen=True):
    """A key and its value."""

    key: Scalar
    value: Node


class Map(Struct, frozen=True):
    """Keys and values, in the order of the file; no key twice."""

    entries: tuple[YamlEntry, ...]
    line: int
    column: int


Node: TypeAlias = Scalar | Seq | Map


def as_written(node: Node) -> str:
    """The value on one line, as its author would recognise it, cut after 80 characters."""
    text = _flow(node)
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def _flow(node: Node) -> str:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Seq):
        return "[" + ", ".join(_flow(element) for element in node.elements) + "]"
    return "{" + ", ".join(f"{entry.key.text}: {_flow(entry.value)}" for entry in node.entries) + "}"
