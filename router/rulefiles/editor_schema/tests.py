"""What an editor offers in the tests of `config/tests/`."""

from __future__ import annotations

from router.hubspot.properties import STATUS
from router.policy.leads.catalog import Catalog, FactType
from router.policy.rules.affinity import PREVIOUS_OWNER
from router.rulefiles.editor_schema.facts import EditorFact, properties_of
from router.rulefiles.editor_schema.names import Names
from router.rulefiles.editor_schema.parts import TEXT, Schema, choice, defined, described, keys, one_or_many

_MOMENT: Schema = {
    "type": "string",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?$",
    "patternErrorMessage": "Write a moment such as 2026-11-24T10:15.",
}
_DEEDS = {
    "assign": "An owner at once",
    "queue": "A team's shared queue",
    "nurture": "Marketing keeps the lead",
    "nothing": "The lead is left alone",
}


def tests_schema(catalog: Catalog, names: Names) -> Schema:
    """The schema of a file of tests: a lead has the portal's properties, never what is worked out of them."""
    rep, team = choice(names.reps), choice(names.teams)
    status = catalog.contact.get(STATUS)
    expect: dict[str, Schema] = {
        "rule": described(TEXT, "The name of the rule that takes the lead"),
        "team": _or(team, "none"),
        "rep": _or(rep, "nobody"),
        "among": one_or_many(rep),
        "do": choice(_DEEDS),
        "grade": choice(names.grades),
        "segment": choice(names.segments),
        "status": choice([*(option.value for option in status.options)] if status else ()),
        "due": _MOMENT,
        "share": {
            "type": "object",
            "properties": {name: {"type": "integer", "minimum": 0} for name in names.reps},
            "additionalProperties": not names.reps,
        },
    }
    test: dict[str, Schema] = {
        "name": TEXT,
        "now": _MOMENT,
        "lead": defined("lead"),
        "repeat": {"type": "integer", "minimum": 1},
        "expect": {**keys(expect), "minProperties": 1},
    }
    top: dict[str, Schema] = {
        "now": described(_MOMENT, "The moment at which the tests decide"),
        "defaults": described(defined("lead"), "What every lead has unless its test says otherwise"),
        "tests": {"type": "array", "items": keys(test, required=("name", "expect")), "minItems": 1},
    }
    known_reps: Schema = {"anyOf": [rep, {"const": "unknown"}, {"type": "null"}, TEXT]}
    before = described(known_reps, "Who had the contact before: a rep, or an owner's e-mail address")
    lead = keys({PREVIOUS_OWNER: before, **{fact.name: _held(fact) for fact in properties_of(catalog)}})
    return {"definitions": {"lead": lead}, **keys(top, required=("now", "tests"))}


def _held(fact: EditorFact) -> Schema:
    """A value that a lead can hold; nothing at all stands for a property that is not filled in."""
    one = _MOMENT if fact.type is FactType.DATETIME else fact.equal()
    several = [{"type": "array", "items": one}, TEXT] if fact.type is FactType.CHOICES else []
    missing: list[Schema] = [{"type": "null"}, {"const": "unknown"}]
    return described({"anyOf": [one, *several, *missing]}, fact.meaning)


def _or(schema: Schema, word: str) -> Schema:
    return {"anyOf": [schema, {"const": word}]}
