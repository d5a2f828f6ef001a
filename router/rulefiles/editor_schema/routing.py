"""The editor schema of `routing.yaml`."""

from __future__ import annotations

from collections.abc import Iterable

from router.hubspot.properties import OWNER, STAGE, STATUS
from router.policy.leads.catalog import COMPANY_PREFIX, Catalog, FactType
from router.policy.rules.policy import Method
from router.rulefiles.editor_schema.facts import EditorFact
from router.rulefiles.editor_schema.names import Names
from router.rulefiles.editor_schema.parts import (
    CLOCK,
    LONG_TIME,
    SHARE,
    SHORT_TIME,
    TEXT,
    WORKING_TIME,
    Schema,
    choice,
    defined,
    described,
    keys,
    one_or_many,
)
from router.rulefiles.editor_schema.sla_steps import sla_schema
from router.rulefiles.routing.actions import ASSIGN_KEYS
from router.rulefiles.routing.night import LIMITS, WHEN_AWAY, WHEN_GONE, WHEN_OVERDUE, WHEN_QUEUED
from router.rulefiles.routing.routing_file import KEYS, OWNER_CLEARED, REQUIRED
from router.rulefiles.routing.rule_list import GROUP_KEYS, RULE_KEYS
from router.rulefiles.routing.tables import ANY, ARROW, OUTCOMES

STICKY: Schema = {
    "type": "string",
    "pattern": r"^(off|company( [0-9]{1,5} ?(d|days?|w|weeks?|months?))?)$",
    "patternErrorMessage": "Write company, company 60d or off.",
    "defaultSnippets": [{"label": text, "body": text} for text in ("company", "company 60d", "off")],
}
METHODS = {
    Method.FAIR_SHARE: "The rep whose turn it is, by weight (the default)",
    Method.LEAST_LOADED: "The rep with the fewest open leads for their weight",
    Method.QUEUE: "The team's shared queue: its reps take leads themselves",
}


def routing_schema(facts: Iterable[EditorFact], catalog: Catalog, names: Names) -> Schema:
    """The schema of `routing.yaml`."""
    known_facts = tuple(facts)
    rule = {
        "name": described(TEXT, "What people read as the reason"),
        "when": defined("when"),
        "assign": defined("assign"),
        "do": defined("do"),
        "sla": defined("sla"),
        "status": defined("status"),
        "task": {"type": "boolean", "description": "Whether the rep gets a HubSpot task with the due time"},
    }
    group = {"group": TEXT, "when": defined("when"), "rules": defined("rules"), "otherwise": defined("done")}
    done = {name: rule[name] for name in ("assign", "do", "sla", "status", "task")}
    top: dict[str, Schema] = {
        "language": described(choice(("fr", "en")), "Of the reasons that reps read in HubSpot"),
        "segments": described(_segments(), "The first whose condition holds; the last is 'otherwise'"),
        "status": defined("status"),
        "sticky": described(
            {"anyOf": [STICKY, {"type": "object", "additionalProperties": STICKY}]},
            "Leads of one company go to the rep who had its last one: for every team, or by team",
        ),
        "rules": defined("rules"),
        "otherwise": defined("done"),
        "sla": sla_schema(names),
        "outcomes": _outcomes(catalog),
        "night": defined("night"),
        "settle": _settle(),
        "owner_cleared": described(
            choice(tuple(OWNER_CLEARED)),
            "A lead whose owner a person clears waits in its team's queue (queue), is decided again without "
            "that owner (route_again), or stays without owner (leave)",
        ),
    }
    definitions = {
        "night": _night(),
        **{fact.name: fact.one(names) for fact in known_facts},
        "when": _when(known_facts),
        "assign": _assign(known_facts, names),
        "do": _do(known_facts),
        "sla": {**WORKING_TIME, "description": "The working time in which a rep answers"},
        "status": described(choice(_status(catalog)), STATUS),
        "done": keys(done),
        "rule": keys({name: rule.get(name, {}) for name in RULE_KEYS}, required=("name", "when")),
        "group": keys(
            {name: group.get(name, {}) for name in GROUP_KEYS}, required=("group", "when", "rules")
        ),
        "table": _table(known_facts, names),
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {} for name in (*RULE_KEYS, *GROUP_KEYS, "table", "rows")},
                # One branch per kind: with anyOf an editor would blame all three for one typo.
                "if": {"required": ["group"]},
                "then": defined("group"),
                "else": {
                    "if": {"required": ["table"]},
                    "then": defined("table"),
                    "else": defined("rule"),
                },
            },
        },
    }
    top_keys = {name: top.get(name, {}) for name in KEYS}
    return {"definitions": definitions, **keys(top_keys, required=REQUIRED)}


def _night() -> Schema:
    limits = keys(
        {
            "count": {"type": "integer", "minimum": 1, "description": "Leads; 200 if nothing is said"},
            "share": described(SHARE, "Of the open leads that the reps have; 5% if nothing is said"),
        }
    )
    return keys(
        {
            "at": described(CLOCK, "When it begins, in the time zone of team.yaml"),
            WHEN_GONE: {"type": "boolean", "description": "Move the open leads of deactivated owners"},
            WHEN_AWAY: described(LONG_TIME, "Move what somebody has not begun who stays away so long"),
            WHEN_OVERDUE: described(LONG_TIME, "Move what nobody has begun so long after the due time"),
            WHEN_QUEUED: described(LONG_TIME, "Give by fair share what waited so long in a queue"),
            LIMITS: described(limits, "A night that would move more moves none, and waits for approval"),
        },
        meaning="What is looked after once a night",
    )


def _settle() -> Schema:
    return keys(
        {
            "wait": described(SHORT_TIME, "Longest wait for facts after a contact's creation; 20s"),
            "quiet": described(SHORT_TIME, "Wait after the last change of a contact; 6s"),
            "revise": described(SHORT_TIME, "How long after its creation a lead is decided again; 15min"),
            "never_late": {
                "type": "array",
                "items": {"type": "string", "pattern": r"^-?[a-z0-9_*]+$"},
                "description": "Contact properties that no lead waits for; -name waits for it after all",
            },
        },
        meaning="A lead waits a moment for facts that can change where it goes, and is decided again",
    )


def _when(facts: tuple[EditorFact, ...]) -> Schema:
    several: Schema = {"type": "array", "items": defined("when"), "minItems": 1}
    conditions = {fact.name: fact.asked() for fact in facts}
    choices = {
        "any": described(several, "At least one holds"),
        "all": described(several, "Every one holds"),
        "none": described(several, "Not one holds"),
        "not": described(defined("when"), "It does not hold"),
    }
    return {**keys({**conditions, **choices}, meaning="Every line must hold"), "minProperties": 1}


def _segments() -> Schema:
    return {
        "type": "object",
        "additionalProperties": {"anyOf": [{"const": "otherwise"}, defined("when")]},
        "minProperties": 1,
    }


def _assign(facts: tuple[EditorFact, ...], names: Names) -> Schema:
    asked = (FactType.TEXT, FactType.CHOICE, FactType.CHOICES)
    from_facts = [f"from {fact.name}" for fact in facts if fact.type in asked]
    needs = keys(
        {
            kind: one_or_many(_offered(values, from_facts))
            for kind, values in (
                ("level", names.levels),
                ("skill", names.skills),
                ("language", names.languages),
            )
        }
    )
    known: dict[str, Schema] = {
        "team": described(choice(names.teams), "The next rep of this team in turn, by weight"),
        "rep": described(choice(names.reps), "This rep"),
        "to": choice(
            {
                "account_owner": "The owner of the contact's company",
                "previous_owner": "Who had the contact before it was deleted and created again",
            }
        ),
        "method": choice(METHODS),
        "needs": described(needs, "Reps without it are passed over"),
        "prefer": described(needs, "Reps with it come first, if there are any"),
        "hours": choice({"ignore": "Reps who are not at work now get leads as well; those away do not"}),
        "sticky": described(STICKY, "Leads of one company go to the rep who had its last one"),
        "push_after": {
            **WORKING_TIME,
            "description": "With method queue: given by fair share when nobody claims it within this time",
        },
        "if_unavailable": described(defined("assign"), "What happens when nobody there is eligible"),
    }
    return keys({name: known.get(name, {}) for name in ASSIGN_KEYS})


def _offered(values: tuple[str, ...], from_facts: list[str]) -> Schema:
    """The reps' values, or facts of the lead; any text while team.yaml cannot be read."""
    return choice([*values, *from_facts]) if values else {"anyOf": [choice(from_facts), TEXT]}


def _do(facts: tuple[EditorFact, ...]) -> Schema:
    writable = {
        fact.name: described(fact.equal(), fact.meaning)
        for fact in facts
        if not fact.read_only and not fact.name.startswith(COMPANY_PREFIX)
    }
    writable.pop(OWNER, None)
    nurture = keys(
        {"workflow": described(TEXT, "A name for people; HubSpot starts it"), "set": keys(writable)}
    )
    plain = choice({"nothing": "The lead is left alone", "nurture": "Marketing keeps the lead"})
    return {"anyOf": [plain, keys({"nurture": nurture}, required=("nurture",))]}


def _outcomes(catalog: Catalog) -> Schema:
    """Any choice property of the portal, with options for the lifecycle stage and the lead status."""
    others = (name for name, each in catalog.contact.items() if each.type is FactType.CHOICE)
    of: dict[str, Schema] = dict.fromkeys(others, one_or_many(TEXT))
    for name in (STAGE, STATUS):
        if name in of:
            options = catalog.contact[name].options
            of[name] = one_or_many(choice({option.value: option.label for option in options}))
    return keys(
        {
            "won": keys(of, meaning="Values that a won lead has"),
            "lost": keys(of, meaning="Values that a lost lead has"),
            "finished": described(
                one_or_many(choice(_status(catalog))),
                "Lead statuses with which a lead is open no more",
            ),
        },
        meaning="What has become of a lead, in HubSpot's words",
    )


def _status(catalog: Catalog) -> dict[str, str]:
    status = catalog.contact.get(STATUS)
    options = status.options if status else ()
    return {option.value: option.label for option in options if not option.archived}


def _table(facts: tuple[EditorFact, ...], names: Names) -> Schema:
    """Headers are checked; cells are only completed, as a schema cannot know their column."""
    header = choice({**{fact.name: fact.meaning for fact in facts}, ARROW: "", **dict.fromkeys(OUTCOMES, "")})
    lists = [f"${name}" for name in names.lists or ()]
    offered = dict.fromkeys([*lists, *names.segments, ANY, ARROW, *names.teams, *names.reps, *Method], "")
    cell = {"anyOf": [choice(offered), TEXT, {"type": ["array", "object"]}]}
    row = {"type": "array", "items": cell, "minItems": 2}
    return keys(
        {"table": {"type": "array", "items": header}, "rows": {"type": "array", "items": row, "minItems": 1}},
        required=("table", "rows"),
    )
