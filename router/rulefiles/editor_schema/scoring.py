"""The editor schema of `scoring.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from router.policy.leads.catalog import FactType
from router.rulefiles.editor_schema.facts import EditorFact
from router.rulefiles.editor_schema.names import Names
from router.rulefiles.editor_schema.parts import SPAN, Schema, choice, defined, described, keys, named
from router.rulefiles.scoring.scoring_file import CARD_KEYS, CIRCULAR, HIGHEST_MAXIMUM, REQUIRED

_POINTS: Final[Schema] = {"type": "integer", "minimum": -HIGHEST_MAXIMUM, "maximum": HIGHEST_MAXIMUM}
_WHOLE: Final[Schema] = {"type": "integer"}
_WORDS: Final = {
    "known": "Something is filled in",
    "unknown": "Nothing is filled in",
    "other": "Any value that no line above has taken; the last line",
}
_EXAMPLES: Final = {
    FactType.NUMBER: ("200..", "50..199", "..49"),
    FactType.DATE: ("within 7d", "within 30d"),
    FactType.DATETIME: ("within 7d", "within 30d"),
    FactType.DURATION: ("..7d", "..30d"),
    FactType.TEXT: ("contains",),
}
_SPECIAL: Final = re.compile(r"[.*+?^${}()|\[\]\\/]")
_SPAN: Final[Schema] = {
    "type": "string",
    "pattern": f"^{SPAN}$",
    "patternErrorMessage": "Write a duration such as 14d.",
}


def scoring_schema(facts: Iterable[EditorFact], names: Names) -> Schema:
    """The schema of `scoring.yaml`: a table for each fact that is not computed from the points."""
    scored = [fact for fact in facts if fact.name not in CIRCULAR]
    tables = keys({fact.name: _table(fact, names) for fact in scored})
    numbers = {fact.name: fact.meaning for fact in scored if fact.type is FactType.NUMBER}
    share: Schema = {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})? ?%$"}
    known: dict[str, Schema] = {
        "max": {
            "type": "integer",
            "minimum": 1,
            "maximum": HIGHEST_MAXIMUM,
            "description": "100 if left out",
        },
        "decay": {
            "anyOf": [
                keys({"half_life": _SPAN}, required=("half_life",)),
                keys({"every": _SPAN, "by": share}, required=("every", "by")),
            ],
            "description": "How points age: {half_life: 14d}, or {every: 1 month, by: 50%}",
        },
        "points": described(
            defined("tables"), "One property, one table; the first line that fits gives the points"
        ),
        "use": described(choice(numbers), "A score that HubSpot computes, instead of points"),
    }
    card = keys({name: known.get(name, {}) for name in CARD_KEYS})
    ranges: Schema = {"type": "string", "pattern": r"^([0-9]+)? ?\.\. ?([0-9]+)?$"}
    grade = keys({"fit": named(ranges), "engagement": named(ranges)}, required=("fit", "engagement"))
    schemas: dict[str, Schema] = {
        "fit": described(defined("card"), "Who the lead is"),
        "engagement": described(defined("card"), "What the lead does"),
        "grade": described(grade, "A1 to C3, from the points of both"),
    }
    whole = keys({name: schemas.get(name, {}) for name in REQUIRED}, required=REQUIRED)
    return {"definitions": {"tables": tables, "card": card}, **whole}


def _table(fact: EditorFact, names: Names) -> Schema:
    """Values of a choice may be combined, `BANKING, INSURANCE`; anything else is one key of its own."""
    offered = {**fact.values, **_WORDS, **fact.lists(names)}
    offered |= dict.fromkeys(_EXAMPLES.get(fact.type, ()), "")
    lines = {value: described(_WHOLE, meaning) for value, meaning in offered.items()}
    table: Schema = {"type": "object", "properties": lines, "minProperties": 1, "description": fact.meaning}
    if not fact.values:
        return {**table, "additionalProperties": _POINTS}
    # The editor's YAML reads the key 01 as the number 1, and looks it up under that name.
    as_numbers = dict.fromkeys(str(int(value)) for value in offered if value.isdecimal())
    one = "|".join(_SPECIAL.sub(lambda sign: f"\\{sign[0]}", value) for value in {**offered, **as_numbers})
    together = {f"^({one})( ?, ?({one}))*$": _POINTS}
    return {**table, "patternProperties": together, "additionalProperties": False}
