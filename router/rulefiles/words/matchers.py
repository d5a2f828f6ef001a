"""Reader of matchers: `FR`, `$list`, `200..`, `contains daf`, `within 7d`, `known`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from router.policy.leads.catalog import FactType
from router.policy.rules.conditions import Contains, IsKnown, Matcher, OneOf, Unknown, Within
from router.rulefiles.words.ranges import RangeReader
from router.rulefiles.words.values import Equal, equal_value
from router.rulefiles.words.vocabulary import Fact, Vocabulary
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import SPAN_FORMS, span
from router.rulefiles.yaml.tree import Scalar

LIST_SIGN: Final = "$"
_WORD = re.compile(r"[^*]+\*?")


class MatcherReader(Struct, frozen=True):
    """Reads the values that are compared with one fact."""

    fact: Fact
    words: Vocabulary
    file: FileReader

    @property
    def ranges(self) -> RangeReader:
        """The reader of this fact's ranges."""
        return RangeReader(self.fact, self.words.timezone, self.file)

    def matcher(self, written: Scalar) -> Matcher | None:
        """The matcher that the value stands for; None, and an error is reported, if there is none."""
        text = written.text
        if not written.quoted and text == "known":
            return IsKnown()
        if not written.quoted and text == "unknown":
            return Unknown()
        if not written.quoted and text.startswith(LIST_SIGN):
            return self._listed(written)
        if text.startswith("contains "):
            return self.contains(written, text.removeprefix("contains "))
        if text.startswith("within "):
            return self.within(written, text.removeprefix("within "))
        if self.ranges.is_range(text):
            return self.ranges.written(written)
        value = equal_value(written, self.fact, file=self.file, catalog=self.words.catalog)
        return None if value is None else OneOf(frozenset((value,)))

    def contains(self, at: Scalar, words: str) -> Contains | None:
        """The matcher of `contains a, b*`: whole words, or beginnings with a final `*`."""
        if self.fact.type is not FactType.TEXT or self.fact.options:
            self.file.error(
                at, f"{self.fact} is no free text: 'contains' cannot look into it", "List its values."
            )
            return None
        found = tuple(word.strip() for word in words.split(","))
        for word in found:
            if not _WORD.fullmatch(word) or not any(char.isalnum() for char in word):
                hint = "Write whole words, such as daf, beginnings such as direct*, commas between them."
                self.file.error(at, f"'{word}' is nothing that 'contains' can look for", hint)
                return None
        return Contains(found)

    def within(self, at: Scalar, text: str) -> Within | None:
        """The matcher of `within 7d`."""
        if self.fact.type not in (FactType.DATE, FactType.DATETIME):
            is_age = self.fact.type is FactType.DURATION
            hint = "Write a range of it: ..7d." if is_age else "Name a date, or the fact 'age'."
            self.file.error(at, f"{self.fact} is no date: 'within' cannot tell its age", hint)
            return None
        found = span(text.strip())
        if not found:
            self.file.error(at, f"'{text}' is not a duration", f"Write {SPAN_FORMS}.")
            return None
        return Within(found)

    def _listed(self, written: Scalar) -> OneOf | None:
        if self.words.lists is None:
            return None
        name = written.text.removeprefix(LIST_SIGN)
        if name not in self.words.lists:
            self.file.error(
                written,
                f"there is no list '{name}' in lists.yaml",
                "Add it to lists.yaml, or quote a value that begins with '$'.",
                like=name,
                among=self.words.lists,
            )
            return None
        found: set[Equal] = set()
        inside = FileReader(self.file.name, self.file.lines)
        for text in self.words.lists[name]:
            stands_for = Scalar(text, written.line, written.column, quoted=True)
            value = equal_value(stands_for, self.fact, file=inside, catalog=self.words.catalog)
            if value is not None:
                found.add(value)
        self.file.take_over(inside, prefix=f"in the list '{name}': ")
        return OneOf(frozenset(found)) if found else None


def merged(matchers: Iterable[Matcher]) -> tuple[Matcher, ...]:
    """Matchers with `or` between them, all values in one `OneOf` and all words in one `Contains`."""
    values: set[Equal] = set()
    words: list[str] = []
    others: list[Matcher] = []
    for matcher in matchers:
        if isinstance(matcher, OneOf):
            values |= matcher.values
        elif isinstance(matcher, Contains):
            words += matcher.words
        else:
            others.append(matcher)
    gathered: list[Matcher] = []
    if values:
        gathered.append(OneOf(frozenset(values)))
    if words:
        gathered.append(Contains(tuple(dict.fromkeys(words))))
    return (*gathered, *dict.fromkeys(others))
