"""Reader of `night` in routing.yaml: what happens once a night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from router.policy.rules.night_settings import NIGHT, BrakeLimits, NightSettings
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import TRUTHS, clock, part, span, whole, within
from router.rulefiles.yaml.tree import Node, YamlEntry

WHEN_GONE: Final = "reassign_when_gone"
WHEN_AWAY: Final = "reassign_when_away"
WHEN_OVERDUE: Final = "reassign_when_overdue"
WHEN_QUEUED: Final = "push_when_queued"
LIMITS: Final = "max_reassignments_per_night"
NIGHT_KEYS: Final = ("at", WHEN_GONE, WHEN_AWAY, WHEN_OVERDUE, WHEN_QUEUED, LIMITS)
LIMIT_KEYS: Final = ("count", "share")
SHORTEST: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=90)


def read_night(node: Node, file: FileReader) -> NightSettings:
    """The night's settings; a part that is left out, or a mistake, gets its default."""
    fields = file.fields(node, "'night'", known=NIGHT_KEYS) or {}
    if LIMITS in fields and not fields.keys() & {WHEN_GONE, WHEN_AWAY, WHEN_OVERDUE, WHEN_QUEUED}:
        hint = f"Add {WHEN_AWAY}: 5d or another reason, or remove it."
        file.error(fields[LIMITS].key, f"'{LIMITS}' has no effect: nothing is moved at night", hint)
    gone = file.value(
        fields.get(WHEN_GONE),
        TRUTHS,
        f"'{WHEN_GONE}' is true or false, not '{{}}'",
        "Write true to move the open leads of deactivated owners, or false.",
    )
    return NightSettings(
        at=file.value(fields.get("at"), clock, "'{}' is no time of the day", "Write 02:30.") or NIGHT.at,
        when_gone=bool(gone),
        when_away=_time(WHEN_AWAY, fields, file),
        when_overdue=_time(WHEN_OVERDUE, fields, file),
        when_queued=_time(WHEN_QUEUED, fields, file),
        limits=_limits(fields[LIMITS].value, file) if LIMITS in fields else NIGHT.limits,
    )


def _time(name: str, fields: Mapping[str, YamlEntry], file: FileReader) -> timedelta | None:
    hint = f"Write 5d, from 1h to {LONGEST.days}d of clock time."
    read = within(SHORTEST, LONGEST, span)
    return file.value(fields.get(name), read, f"'{name}' cannot be '{{}}'", hint)


def _limits(node: Node, file: FileReader) -> BrakeLimits:
    fields = file.fields(node, f"'{LIMITS}'", known=LIMIT_KEYS) or {}
    at_least_one = within(1, None, whole)
    count = file.value(
        fields.get("count"), at_least_one, "'{}' is no number of leads", "Write 200, or 1 at least."
    )
    share = file.value(fields.get("share"), part, "'{}' is no share of the open leads", "Write 5%.")
    return BrakeLimits(count or NIGHT.limits.count, share or NIGHT.limits.share)
