"""Reader of `night` in routing.yaml: what happens once a night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from typing import Final

from router.policy.rules.night_settings import NIGHT, BrakeLimits, NightSettings
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import clock, share, span, whole
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
    reader = _NightReader(file, fields)
    moves = fields.keys() & {WHEN_GONE, WHEN_AWAY, WHEN_OVERDUE, WHEN_QUEUED}
    if LIMITS in fields and not moves:
        hint = f"Add {WHEN_AWAY}: 5d or another reason, or remove it."
        file.error(fields[LIMITS].key, f"'{LIMITS}' has no effect: nothing is moved at night", hint)
    return NightSettings(
        at=reader.at(),
        when_gone=reader.truth(WHEN_GONE),
        when_away=reader.span(WHEN_AWAY),
        when_overdue=reader.span(WHEN_OVERDUE),
        when_queued=reader.span(WHEN_QUEUED),
        limits=reader.limits(),
    )


@dataclass(frozen=True, slots=True)
class _NightReader:
    """Reads the keys of `night` that the file has."""

    file: FileReader
    fields: dict[str, YamlEntry]

    def at(self) -> time:
        written = self.file.scalar(self.fields["at"].value, "'at'") if "at" in self.fields else None
        if written is None:
            return NIGHT.at
        at = clock(written.text)
        if at is None:
            self.file.error(written, f"'{written.text}' is no time of the day", "Write 02:30.")
        return at or NIGHT.at

    def truth(self, name: str) -> bool:
        written = self.file.scalar(self.fields[name].value, f"'{name}'") if name in self.fields else None
        if written is not None and written.text not in ("true", "false"):
            hint = "Write true to move the open leads of deactivated owners, or false."
            self.file.error(written, f"'{name}' is true or false, not '{written.text}'", hint)
        return written is not None and written.text == "true"

    def span(self, name: str) -> timedelta | None:
        written = self.file.scalar(self.fields[name].value, f"'{name}'") if name in self.fields else None
        if written is None:
            return None
        found = span(written.text)
        if found is None or not SHORTEST <= found <= LONGEST:
            hint = f"Write 5d, from 1h to {LONGEST.days}d of clock time."
            self.file.error(written, f"'{name}' cannot be '{written.text}'", hint)
        return found

    def limits(self) -> BrakeLimits:
        if LIMITS not in self.fields:
            return NIGHT.limits
        what = f"'{LIMITS}'"
        fields = self.file.fields(self.fields[LIMITS].value, what, known=LIMIT_KEYS) or {}
        return BrakeLimits(self._count(fields), self._share(fields))

    def _count(self, fields: dict[str, YamlEntry]) -> int:
        written = self.file.scalar(fields["count"].value, "'count'") if "count" in fields else None
        if written is None:
            return NIGHT.limits.count
        found = whole(written.text)
        if found is None or found < 1:
            self.file.error(written, f"'{written.text}' is no number of leads", "Write 200, or 1 at least.")
        return found or NIGHT.limits.count

    def _share(self, fields: dict[str, YamlEntry]) -> Decimal:
        written = self.file.scalar(fields["share"].value, "'share'") if "share" in fields else None
        if written is None:
            return NIGHT.limits.share
        found = share(written.text)
        if found is None or not 0 < found <= 1:
            self.file.error(written, f"'{written.text}' is no share of the open leads", "Write 5%.")
        return found or NIGHT.limits.share
