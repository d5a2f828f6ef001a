"""The editor schemas of `team.yaml` and `lists.yaml`."""

from __future__ import annotations

from typing import Final

from router.policy.leads.catalog import Catalog
from router.rulefiles.editor_schema.names import Names
from router.rulefiles.editor_schema.parts import (
    DAY,
    TEXT,
    Schema,
    choice,
    described,
    keys,
    named,
    one_or_many,
)
from router.rulefiles.team.managers import MANAGER_KEYS, MANAGER_REQUIRED
from router.rulefiles.team.rep_lines import REP_KEYS
from router.rulefiles.team.team_file import KEYS, REQUIRED, TIME_OFF_KEYS, TIME_OFF_REQUIRED
from router.rulefiles.team.team_lines import CATCH_UP, FAIR_BY, PERFORMANCE, TEAM_KEYS, TIME_OFF, WEIGHTS
from router.rulefiles.team.working_hours import DAYS

_DAY: Final = f"({'|'.join(DAYS)})"
_HOURS: Final[Schema] = {
    "type": "string",
    "pattern": r"^[0-9]{1,2}:[0-9]{2} ?- ?[0-9]{1,2}:[0-9]{2}$",
    "patternErrorMessage": "Write 09:00-18:00, or [09:00-12:30, 14:00-18:00].",
    "defaultSnippets": [{"label": "09:00-18:00", "body": "09:00-18:00"}],
}
_HOLIDAYS: Final[Schema] = {
    "type": "string",
    "pattern": r"^([A-Z]{2}(-[A-Z0-9]{1,3})?|none)$",
    "patternErrorMessage": "Write FR, or FR-57 (Alsace-Moselle), DE-BY, CH-GE.",
}
_LEADS: Final[Schema] = {"type": "integer", "minimum": 1}


def team_schema(catalog: Catalog, names: Names) -> Schema:
    """The schema of `team.yaml`: owners come from the portal, everything else from the file itself."""
    rep = choice(names.reps)
    time_off = {"rep": rep, "from": DAY, "to": DAY, "backup": rep}
    week = {
        "type": "object",
        "patternProperties": {f"^{_DAY}(-{_DAY})?$": one_or_many(_HOURS)},
        "properties": {days: one_or_many(_HOURS) for days in ("mon-fri", "mon-thu", "sat", "sun")},
        "additionalProperties": False,
    }
    teams: Schema = {"type": "array", "items": rep, "minItems": 1, "uniqueItems": True}
    known: dict[str, Schema] = {
        "timezone": {**TEXT, "description": "In which hours and days are read, such as Europe/Paris"},
        "public_holidays": described(_HOLIDAYS, "A country such as FR, or a part of it such as FR-57"),
        "hours": described(named(week), "Working weeks by name; a day that is not named is free"),
        "reps": described(named(_rep(catalog, names)), "One line per rep, by the name that rules use"),
        "out_of_office": {"type": "array", "items": _keys(TIME_OFF_KEYS, time_off, TIME_OFF_REQUIRED)},
        "teams": described(
            named({"anyOf": [teams, rep, _team(teams, rep)]}), "A rep can be in several teams"
        ),
    }
    known["managers"] = described(named(_manager(catalog, names)), "Who hears of a team's overdue leads")
    return _keys(KEYS, known, REQUIRED)


def lists_schema(names: Names) -> Schema:
    """The schema of `lists.yaml`: a list can name another one."""
    others = [f"${name}" for name in names.lists or ()]
    value: Schema = {"anyOf": [choice(others), TEXT]} if others else TEXT
    values = described(one_or_many(value), "Values, or other lists by $name")
    return keys({"lists": named(values)}, required=("lists",))


def _manager(catalog: Catalog, names: Names) -> Schema:
    known = {
        "owner": described(choice(_owners(catalog)), "The e-mail address of their HubSpot owner"),
        "teams": described(one_or_many(choice(names.teams)), "Their teams; every team if left out"),
    }
    return _keys(MANAGER_KEYS, known, MANAGER_REQUIRED)


def _owners(catalog: Catalog) -> dict[str, str]:
    return {owner.email: owner.name for owner in catalog.owners if not owner.archived}


def _rep(catalog: Catalog, names: Names) -> Schema:
    known = {
        "owner": described(choice(_owners(catalog)), "The e-mail address of their HubSpot owner"),
        "level": described(_free(names.levels), "A word of your own, such as senior"),
        "skills": one_or_many(_free(names.skills)),
        "languages": one_or_many(_free(names.languages)),
        "hours": described(choice(names.hours), "A working week from above; without one, round the clock"),
        "weight": {
            "type": "number",
            "minimum": 0.5,
            "maximum": 1000,
            "description": "Their share of a team's leads",
        },
        "max_open_leads": described(_LEADS, "Passed over while they have so many open leads"),
        "max_per_day": described(_LEADS, "Passed over once they got so many leads today"),
        "public_holidays": described(_HOLIDAYS, "Theirs, if others than above; none if they work on all"),
        "max_claims_per_hour": described(_LEADS, "Leads they may claim from queues within an hour"),
    }
    return _keys(REP_KEYS, known, ("owner",))


def _team(reps: Schema, rep: Schema) -> Schema:
    """A team with settings beside its list of reps."""
    weights: Schema = {
        "anyOf": [
            choice(WEIGHTS),
            {"type": "string", "pattern": f"^{PERFORMANCE} [0-9]{{1,5}} ?(d|days?|w|weeks?|months?)$"},
        ]
    }
    known = {
        "reps": {"anyOf": [reps, rep]},
        "weights": described(weights, "Whether results change the weights of the reps in this team"),
        "time_off": described(
            {"anyOf": [choice(TIME_OFF), keys({CATCH_UP: described(_LEADS, "So much at most")})]},
            "What reps earn while they are away",
        ),
        "fair_by": described(choice(FAIR_BY), "What everybody's part is of"),
    }
    return _keys(TEAM_KEYS, known, ("reps",))


def _free(values: tuple[str, ...]) -> Schema:
    """Any text; the values in use are offered."""
    return {"anyOf": [choice(values), TEXT]} if values else TEXT


def _keys(known: tuple[str, ...], schemas: dict[str, Schema], required: object) -> Schema:
    needed = [name for name in known if name in required] if isinstance(required, dict | tuple) else []
    return keys({name: schemas.get(name, {}) for name in known}, required=needed)
