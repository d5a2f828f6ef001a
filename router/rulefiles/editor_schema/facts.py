"""The facts that an editor offers, with their meanings and possible values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from router.policy.leads.catalog import COMPANY_PREFIX, Catalog, FactType
from router.policy.leads.derived import DERIVED
from router.rulefiles.editor_schema.names import Names
from router.rulefiles.editor_schema.parts import (
    SPAN,
    TEXT,
    Schema,
    choice,
    defined,
    described,
    keys,
    one_or_many,
)
from router.rulefiles.team.team_file import UTC_ZONE
from router.rulefiles.words.ranges import ABOVE, RANGE_WORDS
from router.rulefiles.words.vocabulary import Fact, Vocabulary
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Scalar

MEANINGS: Final[Mapping[str, str]] = {
    "country": "Two letters, worked out from any spelling of the contact's country",
    "departement": "Worked out from the postcode: 01, 2A, 974",
    "region": "Worked out from the postcode: Bretagne",
    "email_domain": "What follows the @, in lower case",
    "email_kind": "business, free (gmail.com, orange.fr …) or disposable",
    "channel": "Where the contact came from (hs_analytics_source)",
    "account_owner": "The owner of the contact's company; write their e-mail address",
    "previous_owner": "Who had the contact before it was deleted and created again; their e-mail address",
    "age": "Time since the contact was created: ..7d",
    "fit": "Points for who the lead is (scoring.yaml)",
    "engagement": "Points for what the lead does (scoring.yaml)",
    "score": "fit and engagement together",
    "grade": "A1 to C3 (scoring.yaml)",
    "segment": "One of the segments above the rules",
}
_KEYWORDS: Final = {"known": "Something is filled in", "unknown": "Nothing is filled in"}
_ANY_LIST: Final[Schema] = {"type": "string", "pattern": r"^\$\w+$"}
_ENDS: Final = (*RANGE_WORDS, ABOVE)
_NUMBER: Final = r"-?[0-9]{1,15}(\.[0-9]{1,6})?"
_MOMENT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:+Z-]+)?"
_RANGE_HINT: Final[Mapping[FactType, tuple[str, tuple[str, ...]]]] = {
    FactType.NUMBER: (_NUMBER, ("200..", "50..199", "..49")),
    FactType.DATE: (_MOMENT, ("within 7d", "2026-01-01..")),
    FactType.DATETIME: (_MOMENT, ("within 7d", "within 30d", "2026-01-01..")),
    FactType.DURATION: (SPAN, ("..7d", "30d..")),
}
"""Form of one end of a range, and examples to complete with, by the types that have an order."""


class EditorFact(Struct, frozen=True):
    """A fact as an editor sees it: `values` with their meanings, empty if any value is possible."""

    name: str
    type: FactType
    meaning: str
    values: Mapping[str, str]
    read_only: bool

    def equal(self) -> Schema:
        """One value of the fact."""
        match self.type:
            case FactType.BOOL:
                return choice({"true": "", "false": ""})
            case FactType.NUMBER:
                return {"type": "number"}
            case FactType.DATE:
                return {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
            case _:
                return choice(self.values)

    def asked(self) -> Schema:
        """Schema of what follows the fact in a condition; `one` is defined under the fact's name."""
        one = defined(self.name)
        words: dict[str, Schema] = {"not": one_or_many(one)}
        if self.type in _RANGE_HINT:
            words |= dict.fromkeys(_ENDS, TEXT)
        if self.type in (FactType.DATE, FactType.DATETIME):
            words["within"] = {"type": "string", "pattern": f"^{SPAN}$"}
        if self.type is FactType.TEXT:
            words["contains"] = one_or_many(TEXT)
        alternatives = [*one_or_many(one)["anyOf"], {**keys(words), "minProperties": 1}]
        return described({"anyOf": alternatives}, self.meaning)

    def lists(self, names: Names) -> dict[str, str]:
        """The lists whose values the fact can have, by `$name`; numbers and dates have none, but ranges."""
        known = names.lists or {}
        fitting = [name for name, values in known.items() if all(self._can_be(text) for text in values)]
        return {f"${name}": f"The list '{name}' of lists.yaml" for name in fitting}

    def _can_be(self, text: str) -> bool:
        if self.type not in (FactType.TEXT, FactType.CHOICE, FactType.CHOICES):
            return False
        # Another list inside is not looked up: a list of lists fits wherever its own values do.
        return not self.values or text in self.values or text.startswith("$")

    def one(self, names: Names) -> Schema:
        """Schema of one value, keyword, list or range."""
        lists = self.lists(names)
        if self.type not in _RANGE_HINT:
            if self.values and names.lists is None:
                return {"anyOf": [choice({**self.values, **_KEYWORDS}), _ANY_LIST]}
            if self.values:
                return choice({**self.values, **_KEYWORDS, **lists})
            return {"anyOf": [choice({**_KEYWORDS, **lists}), TEXT]}
        end, examples = _RANGE_HINT[self.type]
        sided = rf"([<>]=?|{'|'.join(_ENDS)}) ?{end}"
        ranges: Schema = {
            "type": "string",
            "pattern": rf"^(within {SPAN}|{end}|({end})? ?\.\. ?({end})?|{sided}|\$\w+)$",
            "patternErrorMessage": f"Write a range such as {' or '.join(examples)}.",
            "defaultSnippets": [{"label": example, "body": example} for example in examples],
        }
        numbers: list[Schema] = [{"type": "number"}] if self.type is FactType.NUMBER else []
        return {"anyOf": [choice({**_KEYWORDS, **lists}), *numbers, ranges]}


def facts_of(catalog: Catalog, names: Names) -> tuple[EditorFact, ...]:
    """Every fact that rules can name: the derived ones first, then the portal's properties."""
    words = Vocabulary(catalog, UTC_ZONE, None, computed={"grade": names.grades, "segment": names.segments})
    nowhere = FileReader("")
    worked_out = (words.fact(Scalar(name, 1, 1), nowhere) for name in DERIVED)
    found = [_as_seen(fact, catalog, read_only=True) for fact in worked_out if fact is not None]
    return (*found, *(fact for fact in properties_of(catalog) if fact.name not in DERIVED))


def properties_of(catalog: Catalog) -> tuple[EditorFact, ...]:
    """Every property of the portal, as a lead holds it: the contact's, then those of its company."""
    found = []
    for prefix, properties in (("", catalog.contact), (COMPANY_PREFIX, catalog.company)):
        for prop in properties.values():
            options = {option.value: option for option in prop.options}
            fact = Fact(prefix + prop.name, prop.type, prop.label, options)
            found.append(_as_seen(fact, catalog, read_only=prop.read_only))
    return tuple(found)


def _as_seen(fact: Fact, catalog: Catalog, *, read_only: bool) -> EditorFact:
    meaning = f"{fact.label} ({fact.type})" if fact.label else MEANINGS.get(fact.name, "")
    values = {
        option.value: "" if option.label == option.value else option.label
        for option in fact.options.values()
        if not option.archived
    }
    if fact.is_owner:
        values = {owner.email: owner.name for owner in catalog.owners if not owner.archived}
    return EditorFact(fact.name, fact.type, meaning, values, read_only)
