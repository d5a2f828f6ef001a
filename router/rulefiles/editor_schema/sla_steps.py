"""The editor schema of `sla` in `routing.yaml`."""

from __future__ import annotations

from typing import Final

from router.rulefiles.editor_schema.names import Names
from router.rulefiles.editor_schema.parts import Schema, choice, defined, described, keys, one_or_many
from router.rulefiles.routing.sla_steps import (
    ACTIVITIES,
    MOST_OFTEN,
    PREVIOUS_REP,
    REASSIGN_KEYS,
    SLA_KEYS,
    STEP_KEYS,
)

_PERCENT: Final[Schema] = {
    "type": "string",
    "pattern": r"^[0-9]{1,3} ?%$",
    "patternErrorMessage": "Write a percentage such as 100% (when the lead is due) or 150%.",
    "defaultSnippets": [{"label": text, "body": text} for text in ("100%", "150%", "300%")],
    "description": "How much of the SLA has passed, in the rep's working time",
}
_WHOM: Final = {"rep": "Whoever has the lead", "manager": "Whoever manages the team (managers in team.yaml)"}


def sla_schema(names: Names) -> Schema:
    """The schema of `sla`: the time to answer, and the steps for overdue leads."""
    reassign = {
        "same_rule": {"type": "boolean", "description": "Whether the lead stays with its rule (the default)"},
        "except": choice({PREVIOUS_REP: "Whoever had the lead does not get it again (the default)"}),
        "at_most": {
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_OFTEN,
            "description": "Afterwards only the managers are told",
        },
    }
    step = {
        "after": _PERCENT,
        "notify": described(one_or_many(choice(_WHOM)), "In chat, else by a HubSpot task"),
        "reassign": keys(
            {name: reassign[name] for name in REASSIGN_KEYS}, meaning="The next rep gets the lead"
        ),
        "move_to_queue": described(choice(names.teams), "The lead waits in this team's queue"),
    }
    steps: Schema = {
        "type": "array",
        "items": keys({name: step[name] for name in STEP_KEYS}, required=("after",)),
        "minItems": 1,
    }
    segment = keys({"on_breach": steps}, required=("on_breach",))
    known = {
        "default": defined("sla"),
        "started_when": described(one_or_many(choice(ACTIVITIES)), "Which activities count as work"),
        "on_breach": described(steps, "What happens to a lead that nobody works on, step by step"),
        "segments": described(
            keys(dict.fromkeys(names.segments, segment))
            if names.segments
            else {"type": "object", "additionalProperties": segment},
            "Segments with steps of their own, instead of those above",
        ),
    }
    return keys({name: known[name] for name in SLA_KEYS}, required=("default",))
