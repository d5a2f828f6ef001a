"""The text of a rule file, decoded from its bytes, or the mistakes that prevent it."""

from __future__ import annotations

import re
from typing import Final

from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Scalar

LARGEST_FILE_BYTES: Final = 256 * 1024

_LINE_BREAK = re.compile("[\n\x85\u2028\u2029]")  # the line ends of YAML 1.1
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffe\uffff]"
)
"""Control characters, which libyaml refuses, and characters that hide or reverse parts of a line."""
_BREAKING = re.compile("[\t\n\x85\u2028\u2029]")
_TAB_BEFORE_TEXT = re.compile(r" *\t[ \t]*\S")


def text_of(file: str, content: bytes) -> tuple[FileReader, str | None]:
    """The file's reader and its text, with `\\n` at line ends and no byte order mark.

    The text is None if the reader holds mistakes: larger than 256 KiB, not UTF-8, tabs, invisible characters.
    """
    if len(content) > LARGEST_FILE_BYTES:
        return _refused(
            FileReader(file), "the file is larger than 256 KiB", "Split it, or shorten its lists."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"the file is not UTF-8 text: byte {error.start + 1} fits no character"
        return _refused(FileReader(file), message, "Save it again with the encoding UTF-8.", line=line)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = FileReader(file, tuple(_LINE_BREAK.split(text)))
    for number, line_text in enumerate(reader.lines, 1):
        _check(reader, number, line_text)
    return reader, None if reader.found else text


def invisible_in(text: str) -> str | None:
    """The code (such as U+0007) of the first invisible character, or None; tabs and line ends count."""
    stray = _INVISIBLE.search(text) or _BREAKING.search(text)
    return _code(stray[0]) if stray else None


def _refused(reader: FileReader, message: str, hint: str, *, line: int = 1) -> tuple[FileReader, None]:
    reader.error(Scalar("", line, 1), message, hint)
    return reader, None


def _check(reader: FileReader, number: int, line: str) -> None:
    if stray := _INVISIBLE.search(line):
        at = Scalar("", number, stray.start() + 1)
        reader.error(at, f"there is an invisible character here, {_code(stray[0])}", "Delete it.")
    if _TAB_BEFORE_TEXT.match(line):
        at = Scalar("", number, line.index("\t") + 1)
        reader.error(at, "the line is indented with a tab", "Indent with spaces.")


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
