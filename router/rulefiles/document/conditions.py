"""A rule's conditions in plain words, with the portal's labels instead of its names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from router.hubspot.properties import COUNTRY_CODE, SOURCE
from router.policy.leads.catalog import COMPANY_PREFIX, Catalog
from router.policy.leads.derived import DERIVED, OWNER_FACTS
from router.policy.rules.conditions import (
    AllOf,
    AnyOf,
    Between,
    Condition,
    Contains,
    IsKnown,
    Matcher,
    NoneOf,
    OneOf,
    Test,
    Unknown,
    Within,
)
from router.rulefiles.document.phrases import PHRASES, either, say, span_in_words

LONGEST_LIST: Final = 8
"""Longest list of values in the text; a longer one gets a line of its own at the end."""
_LABELS_OF: Final = {"country": COUNTRY_CODE, "channel": SOURCE}


class ConditionDescriber(Struct, frozen=True):
    """Describes conditions in one language; `lists` collects long lists, which the text only names."""

    catalog: Catalog
    language: str
    timezone: ZoneInfo
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def lines(self, conditions: Iterable[Condition]) -> tuple[str, ...]:
        """One line for each part that must hold."""
        return tuple(self.describe(condition) for condition in conditions)

    def describe(self, condition: Condition) -> str:
        """The condition in one line."""
        match condition:
            case Test(fact=fact, matcher=matcher):
                return self._is(fact, self.value(fact, matcher, written=condition.written))
            case NoneOf(parts=(Test(fact=fact, matcher=matcher) as test,)):
                return self._is(fact, self._anything_but(fact, matcher, test))
            case AllOf(parts):
                return f" {self._say('and')} ".join(self._inside(part) for part in parts) or self._say(
                    "always"
                )
            case AnyOf(parts):
                if (together := self._of_one_fact(parts)) is not None:
                    return together
                return self._say("or_else").join(self._inside(part) for part in parts)
            case NoneOf(parts):
                return self._say("none_of", parts="; ".join(self.describe(part) for part in parts))

    def fact(self, name: str) -> str:
        """The fact's name for people: the portal's label, or our own word for a derived fact."""
        if name in DERIVED:
            return self._say(f"fact_{name}") if f"fact_{name}" in PHRASES else name
        known = self.catalog.property(name)
        label = known.label if known is not None and known.label else name
        return self._say("of_company", label=label) if name.startswith(COMPANY_PREFIX) else label

    def value(self, fact: str, matcher: Matcher, *, written: str = "") -> str:
        """The value or values that the fact must have, in words."""
        match matcher:
            case OneOf(values):
                name = written.rpartition("$")[2] if written.count("$") == 1 else ""
                words = sorted(self.words(fact, value) for value in values)
                if name.isidentifier() and len(words) > LONGEST_LIST:
                    self.lists[name] = tuple(words)
                    return self._say("in_list", name=name)
                return either(self.language, words)
            case Between():
                return self._range(fact, matcher)
            case IsKnown():
                return self._say("known")
            case Unknown():
                return self._say("unknown")
            case Contains(words):
                shown = [word.replace("*", "…") for word in words]
                return self._say("contains", words=either(self.language, shown))
            case Within(span):
                return self._say("recent", span=span_in_words(span, self.language))

    def words(self, fact: str, value: object) -> str:
        """One value as people know it."""
        match value:
            case bool():
                return self._say("true" if value else "false")
            case Decimal():
                return f"{value:,f}".replace(",", "\u202f" if self.language == "fr" else ",")
            case datetime():
                return f"{value.astimezone(self.timezone):%Y-%m-%d %H:%M}"
            case timedelta():
                return span_in_words(value, self.language)
            case _ if fact == "email_kind" and f"email_{value}" in PHRASES:
                return self._say(f"email_{value}")
            case _ if fact in OWNER_FACTS:
                return next((owner.name for owner in self.catalog.owners if owner.id == value), str(value))
        known = self.catalog.property(_LABELS_OF.get(fact, fact))
        labels = {option.value: option.label for option in known.options} if known else {}
        return labels.get(str(value), str(value))

    def _anything_but(self, fact: str, matcher: Matcher, test: Test) -> str:
        if isinstance(matcher, IsKnown):
            return self._say("unknown")
        if isinstance(matcher, Unknown):
            return self._say("known")
        return self._say("but", value=self.value(fact, matcher, written=test.written))

    def _range(self, fact: str, span: Between) -> str:
        ends = {name: getattr(span, name, None) for name in ("low", "above", "high", "below")}
        words = {name: self.words(fact, end) for name, end in ends.items() if end is not None}
        phrase = "_".join(words)
        if phrase in PHRASES:
            return self._say(phrase, **words)
        return f" {self._say('and')} ".join(self._say(name, **{name: word}) for name, word in words.items())

    def _of_one_fact(self, parts: tuple[Condition, ...]) -> str | None:
        """Line such as `Staff: 10 to 49 or missing`; None unless every part is about the same fact."""
        tests = [part for part in parts if isinstance(part, Test)]
        facts = {test.fact for test in tests}
        if len(tests) < len(parts) or len(facts) != 1:
            return None
        (fact,) = facts
        values = [self.value(test.fact, test.matcher, written=test.written) for test in tests]
        return self._is(fact, either(self.language, values))

    def _inside(self, part: Condition) -> str:
        phrase = self.describe(part)
        return f"({phrase})" if isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 else phrase

    def _is(self, fact: str, value: str) -> str:
        return self._say("is", fact=self.fact(fact), value=value)

    def _say(self, phrase: str, **words: object) -> str:
        return say(self.language, phrase, **words)
