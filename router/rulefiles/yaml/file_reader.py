"""Typed access to the parts of one rule file, and the list of its mistakes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from router.rulefiles.yaml.mistakes import Mistake, Severity, did_you_mean
from router.rulefiles.yaml.tree import Map, Node, Scalar, Seq, YamlEntry
from router.security.visible import one_line

MOST_MISTAKES: Final = 200
"""Mistakes kept per file: a file with more has one cause to mend first."""

T = TypeVar("T")
Name = TypeVar("Name", bound=str)
FILL_IN: Final = "Fill it in, or remove it."
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
LONGEST_MESSAGE: Final = 300
"""Characters of a message; a text that fills the file is not repeated."""


class FileReader(Struct, frozen=True):
    """One rule file being read: its name, its lines, and the mistakes found so far."""

    name: str
    lines: tuple[str, ...] = ()
    found: list[Mistake] = field(default_factory=list)

    def error(
        self, at: Node, message: str, hint: str | None = None, *, like: str = "", among: Iterable[str] = ()
    ) -> None:
        """Report an error; a name of `among` that resembles `like` replaces `hint`."""
        self._note(Severity.ERROR, at, message, (like and self._guess(like, among)) or hint)

    def warning(self, at: Node, message: str, hint: str | None = None) -> None:
        """Report something that deserves a look and refuses nothing."""
        self._note(Severity.WARNING, at, message, hint)

    def take_over(self, other: FileReader, *, prefix: str) -> None:
        """Report the mistakes of another reader of the same file, each with `prefix` in front."""
        room = MOST_MISTAKES - len(self.found)
        self.found.extend(replace(each, message=prefix + each.message) for each in other.found[:room])

    def _guess(self, name: str, among: Iterable[str]) -> str | None:
        # Finding similar names is slow, and hints beyond the last mistake kept are never shown.
        return did_you_mean(name, among) if len(self.found) < MOST_MISTAKES else None

    def _note(self, severity: Severity, at: Node, message: str, hint: str | None) -> None:
        if len(self.found) >= MOST_MISTAKES:
            return
        line = self.lines[at.line - 1] if 0 < at.line <= len(self.lines) else ""
        message, hint = one_line(message), one_line(hint) if hint else hint
        if len(message) > LONGEST_MESSAGE:
            message = message[: LONGEST_MESSAGE - 1] + "…"
        self.found.append(Mistake(self.name, at.line, at.column, severity, message, hint, line))

    def fields(
        self,
        node: Node,
        what: str,
        *,
        known: Collection[str],
        later: Mapping[str, str] = _NOTHING,
        required: Mapping[str, str] = _NOTHING,
    ) -> dict[str, YamlEntry] | None:
        """The entries of `what` whose key is one of `known`; a key of `later` is refused with its message.

        `required` maps each compulsory key to the hint for a file without it. Returns None, and reports an
        error, if the node is no map at all.
        """
        if not isinstance(node, Map):
            self.error(node, f"{what} is not written as 'key: value'", f"Its keys are: {', '.join(known)}.")
            return None
        there = {entry.key.text for entry in node.entries}
        for name, hint in required.items():
            # A key that is only misspelt is reported once, where it stands.
            if name not in there and not any(did_you_mean(key, (name,)) for key in there - set(known)):
                self.error(node, f"{what} has no '{name}'", hint)
        for entry in node.entries:
            name = entry.key.text
            if name in later:
                self.error(
                    entry.key, later[name], f"Remove '{name}': a key that has no effect would mislead."
                )
            elif name not in known:
                hint = f"Its keys are: {', '.join(known)}."
                self.error(entry.key, f"{what} has no key '{name}'", hint, like=name, among=known)
        return {entry.key.text: entry for entry in node.entries if entry.key.text in known}

    def entries(self, node: Node, what: str) -> tuple[YamlEntry, ...]:
        """The entries of a map whose keys the author chose; empty, with an error reported, for no map."""
        if isinstance(node, Map) and node.entries:
            return node.entries
        if _is_empty(node):
            self.error(node, f"{what} is empty", FILL_IN)
        else:
            self.error(node, f"{what} is not written as 'name: value'", "Write one name per line.")
        return ()

    def scalar(self, node: Node, what: str) -> Scalar | None:
        """The single value here; None, with an error reported, if it is empty, a list or a map."""
        if isinstance(node, Scalar) and node.text:
            return node
        if _is_empty(node):
            self.error(node, f"{what} has no value", FILL_IN)
        else:
            self.error(node, f"{what} is one value, not a list or a map", "Remove the brackets.")
        return None

    def value(
        self,
        entry: YamlEntry | None,
        read: Mapping[str, T] | Callable[[str], T | None],
        message: str,
        hint: str,
        *,
        among: Collection[str] = (),
        what: str = "",
    ) -> T | None:
        """What `read` makes of the one value of a key; None if the key is not there, or its value wrong.

        A wrong value is noted: `{}` in `message` stands for it, a word of `among` that resembles it is a
        better hint. `what` is the name of the key in quotes if left out.
        """
        written = self.scalar(entry.value, what or f"'{entry.key.text}'") if entry else None
        made_of = read.get if isinstance(read, Mapping) else read
        found = made_of(written.text) if written else None
        if written and found is None:
            like = written.text if among else ""
            self.error(written, message.format(written.text), hint, like=like, among=among)
        return found

    def named(self, written: Scalar, names: Iterable[Name], message: str, hint: str) -> Name | None:
        """The one of the names that is written; that it is none is noted, with the name it resembles."""
        there = tuple(names)
        if written.text not in there:
            self.error(written, message.format(written.text), hint, like=written.text, among=there)
        return next((name for name in there if name == written.text), None)

    def scalars(self, node: Node, what: str) -> tuple[Scalar, ...]:
        """The values of a list of single values; one value alone counts as a list of one."""
        found = (self.scalar(element, f"a part of {what}") for element in self.elements(node, what))
        return tuple(scalar for scalar in found if scalar is not None)

    def elements(self, node: Node, what: str) -> tuple[Node, ...]:
        """The elements of a list that is not empty; one value alone counts as a list of one."""
        if isinstance(node, Scalar) and node.text:
            return (node,)
        if isinstance(node, Seq) and node.elements:
            return node.elements
        if _is_empty(node):
            self.error(node, f"{what} is empty", FILL_IN)
        else:
            self.error(node, f"{what} is a list, not a map", "Write [one, two].")
        return ()


def _is_empty(node: Node) -> bool:
    if isinstance(node, Scalar):
        return not node.text
    return not (node.elements if isinstance(node, Seq) else node.entries)
