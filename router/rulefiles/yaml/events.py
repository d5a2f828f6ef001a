"""Parsing of a rule file's text into a tree, or into the mistake that prevents one.

YAML's own guesses (`NO` is false, `0123` is 83) and its expansions (aliases, merges, tags) never happen: we
take libyaml's events one by one, without recursion, and stop at the first one that rule files do not allow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, cast

import yaml

from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.source import invisible_in, text_of
from router.rulefiles.yaml.tree import Map, Node, Scalar, Seq, YamlEntry
from router.rulefiles.yaml.yaml_errors import Mark, in_plain_words, place

DEEPEST: Final = 20
"""Deepest nesting of lists and maps."""


class _StopReadingError(Exception):
    """The rest of the file would be guesswork; the mistake is reported already."""


def read(file: str, content: bytes) -> tuple[FileReader, Node | None]:
    """The file's reader and its tree; without a tree the reader holds the mistakes. Never raises."""
    reader, text = text_of(file, content)
    if text is None:
        return reader, None
    try:
        return reader, _built(text, reader)
    except _StopReadingError:
        return reader, None
    except yaml.MarkedYAMLError as error:
        at, message, hint = in_plain_words(error, reader.lines)
        reader.error(at, message, hint)
        return reader, None


@dataclass(slots=True)
class _Open:
    """A list or map that has not ended yet; `keys` stays empty for a list."""

    at: Scalar
    is_map: bool
    nodes: list[Node] = field(default_factory=list)
    keys: list[Scalar] = field(default_factory=list)

    @property
    def wants_key(self) -> bool:
        return self.is_map and len(self.keys) == len(self.nodes)


def _built(text: str, reader: FileReader) -> Node:
    """The tree, built with an explicit stack: no nesting can exhaust Python's.

    A file of 2,000 rules has 50,000 events, so the most frequent kinds come first.
    """
    stack: list[_Open] = []
    root: Node = Scalar("", 1, 1)
    documents = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        match event:
            case yaml.ScalarEvent():
                root = _placed(_scalar(event, reader), stack)
            case yaml.CollectionEndEvent():
                root = _placed(_closed(stack.pop(), reader), stack)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                at = place(event.start_mark)
                _refuse_cleverness(reader, at, event)
                _refuse_place(reader, at, stack)
                stack.append(_Open(at, isinstance(event, yaml.MappingStartEvent)))
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    at = place(event.start_mark)
                    _stop(reader, at, "'---' begins a second document", "Keep one document per file.")
            case yaml.AliasEvent():
                _refuse(reader, place(event.start_mark), f"'*{event.anchor}' is a YAML alias", "*")
    if isinstance(root, Scalar) and not root.text:
        _stop(reader, Scalar("", 1, 1), "the file is empty", "Start from the example in config/.")
    return root


def _scalar(event: yaml.ScalarEvent, reader: FileReader) -> Scalar:
    text, style = event.value, event.style
    start, end = cast("Mark", event.start_mark), cast("Mark", event.end_mark)
    scalar = Scalar(text, start.line + 1, start.column + 1, style == '"' or style == "'")
    if event.anchor is not None or event.tag is not None:
        _refuse_cleverness(reader, scalar, event)
    if style == "|" or style == ">" or end.line > start.line or not text.isprintable():
        _refuse_text(reader, scalar, event)
    return scalar


def _placed(node: Node, stack: list[_Open]) -> Node:
    if stack:
        above = stack[-1]
        if isinstance(node, Scalar) and above.wants_key:
            above.keys.append(node)
        else:
            above.nodes.append(node)
    return node


def _closed(opened: _Open, reader: FileReader) -> Node:
    at = opened.at
    if not opened.is_map:
        return Seq(tuple(opened.nodes), at.line, at.column)
    first: dict[str, Scalar] = {}
    entries = []
    for key, value in zip(opened.keys, opened.nodes, strict=True):
        earlier = first.setdefault(key.text, key)
        if earlier is key:
            entries.append(YamlEntry(key, value))
            continue
        lines = f"on line {earlier.line} and on line {key.line}"
        reader.error(key, f"'{key.text}' stands here twice, {lines}", "Keep one of the two.")
    return Map(tuple(entries), at.line, at.column)


def _refuse_place(reader: FileReader, at: Scalar, stack: list[_Open]) -> None:
    if len(stack) == DEEPEST:
        _stop(reader, at, f"lists and maps are nested more than {DEEPEST} deep", "Check the brackets.")
    if stack and stack[-1].wants_key:
        _stop(reader, at, "a key is a list or a map here", "Write the key as plain text, or quote it.")


def _refuse_cleverness(
    reader: FileReader, at: Scalar, event: yaml.ScalarEvent | yaml.CollectionStartEvent
) -> None:
    if event.anchor is not None:
        _refuse(reader, at, f"'&{event.anchor}' is a YAML anchor", "&")
    if event.tag is not None:
        _refuse(reader, at, "a word that begins with '!' is a YAML tag", "!")


def _refuse_text(reader: FileReader, at: Scalar, event: yaml.ScalarEvent) -> None:
    if event.style in ("|", ">"):
        hint = "Write it on one line; a number of at least 200 is written '200..' or at_least: 200."
        _stop(reader, at, f"a value cannot start with '{event.style}'", hint)
    last_line = place(event.end_mark).line
    if event.value and last_line > at.line:
        hint = "A ':' or a ',' or a quote may be missing; a value stays on one line."
        _stop(reader, at, f"this value runs on to line {last_line}", hint)
    if code := invisible_in(event.value):
        hint = "Remove the sequence behind the '\\' in the quotes."
        _stop(reader, at, f"this text has an invisible character, {code}", hint)


def _refuse(reader: FileReader, at: Scalar, message: str, sign: str) -> None:
    hint = f"Repeat values by a list of lists.yaml ($name); a text that begins with '{sign}' goes in quotes."
    _stop(reader, at, f"{message}, which rule files do not have", hint)


def _stop(reader: FileReader, at: Scalar, message: str, hint: str) -> None:
    reader.error(at, message, hint)
    raise _StopReadingError
