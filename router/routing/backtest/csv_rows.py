"""The rows of a CSV file, read block by block, as columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

BLOCK_BYTES: Final = 100 * 1024
"""Bytes per block, about a thousand leads.

Small enough for the processor's cache, large enough to share the overhead.
"""


class LeadsUnreadable(Exception):
    """The file of leads cannot be replayed; the message names it, the place and the remedy."""


class Shape(Struct, frozen=True):
    """The path of a file, its delimiter, and the number of cells in a row."""

    path: Path
    delimiter: str
    width: int


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """The rows in blocks of about a thousand; a line break within quotes ends no block."""
    while block := file.read(BLOCK_BYTES):
        lines = [block, file.readline()]
        # An odd number of quotes: the last row goes on in the next line.
        is_open = (lines[0].count(b'"') + lines[1].count(b'"')) % 2
        while is_open and (more := file.readline()):
            lines.append(more)
            is_open ^= more.count(b'"') % 2
        yield b"".join(lines)


def columns_of(shape: Shape, block: bytes) -> Sequence[Sequence[str]]:
    """The columns of one block's rows, without empty rows; none if there is no row."""
    text = text_of(block, path=shape.path)
    plain = _plain_columns(shape, text)
    return list(zip(*_rows(shape, text), strict=True)) if plain is None else plain


def _plain_columns(shape: Shape, text: str) -> list[list[str]] | None:
    """The columns without the csv module, four times as fast; None for blocks that only it can read.

    Such blocks have quotes, a row of another width, an empty row, line breaks of old Macs, or an unclosed
    text.
    """
    text = text.replace("\r\n", "\n").removesuffix("\n")
    if '"' in text or "\r" in text or shape.width == 1 or len(text) > csv.field_size_limit():
        return None
    # A line break becomes a cell of its own, and has to come after every row.
    cells = text.replace("\n", f"{shape.delimiter}\n{shape.delimiter}").split(shape.delimiter)
    breaks = text.count("\n")
    width = shape.width + 1
    if len(cells) != breaks * width + shape.width or cells[shape.width :: width] != ["\n"] * breaks:
        return None
    return [cells[place::width] for place in range(shape.width)]


def _rows(shape: Shape, text: str) -> list[list[str]]:
    """The rows of one block, without empty ones."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=shape.delimiter))
    except csv.Error as error:
        raise LeadsUnreadable(f"{shape.path} is no CSV file: {error}. Export it again.") from error
    if not all(map(shape.width.__eq__, map(len, rows))):
        rows = [row for row in rows if row]
        uneven = next((row for row in rows if len(row) != shape.width), None)
        if uneven is not None:
            raise LeadsUnreadable(
                f"{shape.path} has a row of {len(uneven)} cells where the header has {shape.width}: "
                f"{shape.delimiter.join(uneven)[:60]!r}. Export it again."
            )
    return rows


def text_of(block: bytes, *, path: Path) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError as error:
        raise LeadsUnreadable(
            f"{path} is not UTF-8 text ({error.reason}). Save it as CSV UTF-8, or export it again from "
            "HubSpot."
        ) from error
