"""Reader of the conditions below `when`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from router.policy.rules.conditions import AllOf, AnyOf, Condition, IsKnown, Matcher, NoneOf, Test
from router.rulefiles.words.matchers import MatcherReader, merged
from router.rulefiles.words.ranges import ABOVE, RANGE_WORDS, End
from router.rulefiles.words.vocabulary import Fact, Vocabulary
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Map, Node, Scalar, Seq, YamlEntry, as_written

DEEPEST_CHOICE: Final = 2
"""Deepest nesting of `any`, `all` and `none`; a rule with more is too hard to explain."""
VALUE_WORDS: Final = ("not", *RANGE_WORDS, ABOVE, "contains", "within")

_CHOICES: Final[dict[str, Callable[[tuple[Condition, ...]], Condition]]] = {
    "any": AnyOf,
    "all": AllOf,
    "none": NoneOf,
}


class ConditionReader(Struct, frozen=True):
    """Reads conditions. A condition with a mistake is None, so that it never counts as true."""

    words: Vocabulary
    file: FileReader

    def when(self, node: Node, *, depth: int = 0) -> Condition | None:
        """The condition of a map: every entry must hold."""
        if not isinstance(node, Map) or not node.entries:
            hint = "Write {property: value}; what fits no rule goes to 'otherwise'."
            self.file.error(node, "this condition is not written as 'property: value'", hint)
            return None
        return both([self._entry(entry, depth) for entry in node.entries])

    def about(self, fact: Fact, node: Node) -> Condition | None:
        """The condition on one fact, from a value, a list of values, or words such as `not`."""
        if isinstance(node, Map):
            return self._in_words(fact, node)
        reader = MatcherReader(fact, self.words, self.file)
        matchers = [reader.matcher(scalar) for scalar in self._values(fact, node)]
        found = [matcher for matcher in matchers if matcher is not None]
        if not found or len(found) < len(matchers):
            return None
        written = _written(fact, node)
        tests = tuple(Test(fact.name, matcher, written, node.line) for matcher in merged(found))
        return tests[0] if len(tests) == 1 else AnyOf(tests)

    def _entry(self, entry: YamlEntry, depth: int) -> Condition | None:
        name = entry.key.text
        if name == "not":
            inner = self.when(entry.value, depth=depth)
            return None if inner is None else NoneOf((inner,))
        if name in _CHOICES:
            return self._choice(entry, depth + 1)
        fact = self.words.fact(entry.key, self.file)
        return None if fact is None else self.about(fact, entry.value)

    def _choice(self, entry: YamlEntry, depth: int) -> Condition | None:
        name = entry.key.text
        if depth > DEEPEST_CHOICE:
            hint = "Make two rules of it; they read better."
            self.file.error(entry.key, "'any', 'all' and 'none' go at most two deep", hint)
            return None
        if not isinstance(entry.value, Seq) or not entry.value.elements:
            hint = "Begin each condition with '- ' on a line of its own."
            self.file.error(entry.key, f"'{name}' takes a list of conditions", hint)
            return None
        parts = [self.when(element, depth=depth) for element in entry.value.elements]
        found = tuple(part for part in parts if part is not None)
        return _CHOICES[name](found) if len(found) == len(parts) else None

    def _values(self, fact: Fact, node: Node) -> tuple[Scalar, ...]:
        if isinstance(node, Scalar):
            return (node,)
        if isinstance(node, Map):
            self.file.error(node, f"a list of values of {fact} holds values only", "Use 'any' for more.")
            return ()
        if not node.elements:
            self.file.error(node, f"the list of values of {fact} is empty", "Write a value, or 'unknown'.")
        return tuple(scalar for element in node.elements for scalar in self._values(fact, element))

    def _in_words(self, fact: Fact, node: Map) -> Condition | None:
        fields = self.file.fields(node, f"the condition on {fact}", known=VALUE_WORDS)
        if not fields:
            if not node.entries:
                self.file.error(node, f"the condition on {fact} is empty", "Write a value, or 'known'.")
            return None
        reader = MatcherReader(fact, self.words, self.file)
        parts: list[Condition | None] = []
        ends: dict[End, str] = {}
        for name, entry in fields.items():
            if name == "not":
                inner = self.about(fact, entry.value)
                parts.append(None if inner is None else NoneOf((inner,)))
            elif name == "contains":
                words = ", ".join(word.text for word in self.file.scalars(entry.value, "'contains'"))
                parts.append(_test(fact, reader.contains(entry.key, words) if words else None, node))
            elif (value := self.file.scalar(entry.value, f"'{name}'")) is None:
                parts.append(None)
            elif name == "within":
                parts.append(_test(fact, reader.within(value, value.text), node))
            elif not reader.ranges.has_order(entry.key):
                parts.append(None)
            elif name in RANGE_WORDS:
                ends[RANGE_WORDS[name]] = value.text
            elif "at_least" not in fields and (following := reader.ranges.next_after(value.text)):
                ends["low"] = following
            else:
                parts.append(self._above(fact, reader, value, node))
        if ends:
            between = reader.ranges.between(Scalar("", node.line, node.column), ends)
            parts.append(_test(fact, between, node))
        return both(parts)

    def _above(self, fact: Fact, reader: MatcherReader, value: Scalar, node: Map) -> Condition | None:
        """The condition `known and not at most the value`, because a range includes the ends it names."""
        up_to = _test(fact, reader.ranges.between(value, {"high": value.text}), node)
        return (
            None
            if up_to is None
            else AllOf((Test(fact.name, IsKnown(), up_to.written, node.line), NoneOf((up_to,))))
        )


def both(parts: list[Condition | None]) -> Condition | None:
    """The condition that all parts hold; None if one of them is a mistake."""
    found = tuple(part for part in parts if part is not None)
    if len(found) < len(parts):
        return None
    return found[0] if len(found) == 1 else AllOf(found)


def _test(fact: Fact, matcher: Matcher | None, node: Node) -> Test | None:
    return None if matcher is None else Test(fact.name, matcher, _written(fact, node), node.line)


def _written(fact: Fact, node: Node) -> str:
    return f"{fact.name}: {as_written(node)}"
