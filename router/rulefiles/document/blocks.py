"""The parts of a document, independent of the format it is printed in."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct


class Heading(Struct, frozen=True):
    """A title; `level` 2 begins a section, 3 a part of it."""

    level: int
    text: str


class Paragraph(Struct, frozen=True):
    """A few sentences."""

    text: str


class Bullets(Struct, frozen=True):
    """Lines that belong together; `are_steps` when their order matters."""

    lines: tuple[str, ...]
    are_steps: bool = False


class Grid(Struct, frozen=True):
    """A table; the lines of a cell are shown one below the other."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block: TypeAlias = Heading | Paragraph | Bullets | Grid


class Document(Struct, frozen=True):
    """A whole document in one language."""

    title: str
    language: str
    blocks: tuple[Block, ...]
    footer: str
