"""When the nightly run begins, as `night` in routing.yaml tells it."""

from __future__ import annotations

from typing import Final

from router.policy.night import NIGHT, Night
from router.rulefiles.quantities import clock
from router.rulefiles.sheet import Sheet
from router.rulefiles.tree import Node

NIGHT_KEYS: Final = ("at",)


def read_night(node: Node, sheet: Sheet) -> Night:
    """The night; what is left out, or is a mistake, is the default."""
    fields = sheet.fields(node, "'night'", known=NIGHT_KEYS) or {}
    written = sheet.scalar(fields["at"].value, "'at'") if "at" in fields else None
    if written is None:
        return NIGHT
    at = clock(written.text)
    if at is None:
        sheet.error(written, f"'{written.text}' is no time of the day", "Write 02:30.")
    return Night(at=at or NIGHT.at)
