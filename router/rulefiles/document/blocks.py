"""The parts of a document, independent of the format it is printed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; `level` 2 begins a section, 3 a part of it."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A few sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """Lines that belong together; `are_steps` when their order matters."""

    lines: tuple[str, ...]
    are_steps: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the lines of a cell are shown one below the other."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block: TypeAlias = Heading | Paragraph | Bullets | Grid


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document in one language."""

    title: str
    language: str
    blocks: tuple[Block, ...]
    footer: str
