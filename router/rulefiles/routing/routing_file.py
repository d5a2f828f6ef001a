"""Reader of `routing.yaml`: segments, rules, SLA, night, outcomes and settling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, Literal

from msgspec import Struct

from router.policy.leads.settle import Settle
from router.policy.people.roster import Roster
from router.policy.results.outcomes import Outcomes
from router.policy.rules.conditions import Condition
from router.policy.rules.night_settings import NIGHT, NightSettings
from router.policy.rules.policy import Assign, OwnerCleared, Rule, ToTeam
from router.policy.rules.scoring import Segment
from router.policy.rules.sla_steps import NO_SLA_STEPS, SlaPolicy
from router.rulefiles.routing.actions import LATER, ActionReader
from router.rulefiles.routing.night import read_night
from router.rulefiles.routing.outcomes import read_outcomes, usual_outcomes
from router.rulefiles.routing.rule_list import OTHERWISE, Inside, RuleListReader
from router.rulefiles.routing.settle import read_settle
from router.rulefiles.routing.sla_steps import SLA_KEYS, BreachReader
from router.rulefiles.routing.stickiness import read_stickiness
from router.rulefiles.words.conditions import ConditionReader
from router.rulefiles.words.vocabulary import Vocabulary
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Node, Scalar, YamlEntry

KEYS: Final = (
    "mode",
    "language",
    "segments",
    "status",
    "sticky",
    "rules",
    OTHERWISE,
    "sla",
    "night",
    "outcomes",
    "settle",
    "owner_cleared",
)
ROUTING_LATER: Final = {name: why for name, why in LATER.items() if name not in KEYS}
DEFAULT_STATUS: Final = "NEW"
REQUIRED: Final = {
    "segments": "Add 'segments:' with at least 'tous: otherwise'.",
    "rules": "Add 'rules:' with at least one rule.",
    OTHERWISE: "Leads that fit no rule need a place: add 'otherwise: {assign: {team: …}}'.",
    "sla": "Add 'sla: {default: 4h}'.",
}
Language = Literal["fr", "en"]
Mode = Literal["live", "shadow"]
DEFAULT_LANGUAGE: Final = "fr"
LANGUAGES: Final[Mapping[str, Language]] = {"fr": "fr", "en": "en"}
OWNER_CLEARED: Final[Mapping[str, OwnerCleared]] = {
    "queue": "queue",
    "route_again": "route_again",
    "leave": "leave",
}
MODES: Final[Mapping[str, Mode]] = {"live": "live", "shadow": "shadow"}


class Routing(Struct, frozen=True):
    """Everything in `routing.yaml`."""

    language: Language
    segments: tuple[Segment, ...]
    rules: tuple[Rule, ...]
    default_sla: timedelta | None
    default_status: str
    mode: Mode
    night: NightSettings
    outcomes: Outcomes
    sla_policy: SlaPolicy
    settle: Settle | None
    owner_cleared: OwnerCleared
    settle_at: Scalar | None = None
    """The place of the key `settle`."""


def read_routing(root: Node, file: FileReader, words: Vocabulary, roster: Roster | None) -> Routing:
    """The routing; it may be used only if `file` holds no error.

    `words` has the grades already; the segments are added here. `roster` is None if team.yaml could not be
    read: names of teams and reps are not checked then.
    """
    fields = file.fields(root, "routing.yaml", known=KEYS, later=ROUTING_LATER, required=REQUIRED) or {}
    language = file.value(
        fields.get("language"),
        LANGUAGES,
        "reasons are written in fr or en, not in '{}'",
        "Write fr or en.",
    )
    hint = "Write live, or shadow to decide and record without writing to HubSpot."
    mode = file.value(fields.get("mode"), MODES, "the mode is live or shadow, not '{}'", hint)
    cleared = file.value(
        fields.get("owner_cleared"),
        OWNER_CLEARED,
        "'owner_cleared' cannot be '{}'",
        "Write queue, route_again or leave.",
    )
    segments = _segments(fields["segments"], file, words) if "segments" in fields else ()
    if segments:
        names = tuple(segment.name for segment in segments)
        words = replace(words, computed={**words.computed, "segment": names})
    teams = roster.teams if roster else None
    sticky = read_stickiness(fields["sticky"].value, file, teams=teams) if "sticky" in fields else {}
    actions = ActionReader(file, words, roster, sticky)
    rules = RuleListReader(file, ConditionReader(words, file), actions)
    found = rules.rules(fields["rules"].value, Inside()) if "rules" in fields else ()
    if OTHERWISE in fields:
        found += _catch_all(fields[OTHERWISE], rules, file)
    default_sla, sla_policy = None, NO_SLA_STEPS
    if "sla" in fields:
        segment_names = [segment.name for segment in segments]
        default_sla, sla_policy = _sla(
            fields["sla"].value, actions, BreachReader(file, roster, segment_names)
        )
    return Routing(
        language=language or DEFAULT_LANGUAGE,
        segments=segments,
        rules=found,
        default_sla=default_sla,
        default_status=_status(fields.get("status"), root, actions),
        mode=mode or "live",
        night=read_night(fields["night"].value, file) if "night" in fields else NIGHT,
        sla_policy=sla_policy,
        outcomes=read_outcomes(fields["outcomes"], file, words.catalog)
        if "outcomes" in fields
        else usual_outcomes(words.catalog),
        settle=read_settle(fields["settle"].value, file, words.catalog) if "settle" in fields else None,
        owner_cleared=cleared or "queue",
        settle_at=fields["settle"].key if "settle" in fields else None,
    )


def _segments(entry: YamlEntry, file: FileReader, words: Vocabulary) -> tuple[Segment, ...]:
    circular = {"segment": "a segment cannot depend on the segment"}
    reader = ConditionReader(replace(words, refused=circular), file)
    found: list[Segment] = []
    last: Scalar | None = None
    for line in file.entries(entry.value, "'segments'"):
        if last is not None:
            message = f"the segment '{line.key.text}' is never reached: '{last.text}' takes everything"
            file.error(line.key, message, f"Move it above '{last.text}'.")
        when: Condition | None = None
        if isinstance(line.value, Scalar) and line.value.text == OTHERWISE:
            last = line.key
        else:
            when = reader.when(line.value)
        found.append(Segment(line.key.text, when))
    if last is None and found:
        hint = "Write 'otherwise' behind the name of the last one."
        file.error(entry.key, "some leads have no segment: none is 'otherwise'", hint)
    return tuple(found)


def _catch_all(entry: YamlEntry, rules: RuleListReader, file: FileReader) -> tuple[Rule, ...]:
    made = rules.otherwise(entry, Inside())
    if made and not (isinstance(made[0].action, Assign) and isinstance(made[0].action.to, ToTeam)):
        hint = "Its queue keeps every lead that finds nobody: write assign: {team: …, method: queue}."
        file.error(entry.key, "the last 'otherwise' names no team", hint)
    return made


def _sla(node: Node, actions: ActionReader, breaches: BreachReader) -> tuple[timedelta | None, SlaPolicy]:
    required = {"default": "Add 'default: 4h'."}
    fields = actions.file.fields(node, "'sla'", known=SLA_KEYS, required=required) or {}
    default = actions.sla(fields["default"]) if "default" in fields else None
    return default, breaches.sla_policy(fields)


def _status(entry: YamlEntry | None, root: Node, actions: ActionReader) -> str:
    """The default status; it is checked as if it were written, because the portal may have renamed it."""
    written = entry.value if entry else Scalar(DEFAULT_STATUS, root.line, root.column)
    return actions.status(written) or DEFAULT_STATUS
