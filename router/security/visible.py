"""Text of strangers made safe to show: what would steer a terminal, or hide, is written out instead."""

from __future__ import annotations

import re
from typing import Final

# Controls (C0 without tab and line feed, DEL, C1), soft hyphen and fillers, Arabic and Mongolian marks,
# zero-width characters and directions, line and paragraph separators, surrogates, the byte order mark,
# annotations, musical and shorthand controls, tags, and the variation selectors that smuggle text.
_UNSEEN: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_STEERING: Final = re.compile(f"[{_UNSEEN}]")
_STEERING_OR_BREAK: Final = re.compile(f"[\t\n{_UNSEEN}]")


def visible(text: str) -> str:
    r"""The text with `\x1b` for ESC and `\u202e` for a reversal; line feeds and tabs stay."""
    return _STEERING.sub(_written, text)


def one_line(text: str) -> str:
    r"""The same for a value within a line of ours: line feeds and tabs are written out, too."""
    return _STEERING_OR_BREAK.sub(_written, text)


def in_json(document: str) -> str:
    r"""A JSON document whose strings have `\u202e` in the place of the character, which means the same."""
    if document.isascii() and "\x7f" not in document:
        return document  # JSON has no other control characters as they are
    return _STEERING.sub(lambda found: "".join(f"\\u{unit:04x}" for unit in _utf16(found[0])), document)


def has_unseen(text: str) -> bool:
    """True if the text has a character that shows nothing of itself, or a line end or tab."""
    return _STEERING_OR_BREAK.search(text) is not None


def _written(found: re.Match[str]) -> str:
    number = ord(found[0])
    if found[0] in "\t\n\r":
        return {"\t": r"\t", "\n": r"\n", "\r": r"\r"}[found[0]]
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\u{number:04x}" if number > 0xFF else f"\\x{number:02x}"


def _utf16(character: str) -> list[int]:
    units = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
