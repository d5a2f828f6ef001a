"""Reader of `sticky`: how long a company's next leads go to the rep who had its last one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from router.policy.rules.affinity import LONGEST
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import span, within
from router.rulefiles.yaml.tree import Map, Node

BY_COMPANY: Final = "company"
OFF: Final = "off"
USUAL: Final = timedelta(days=30)
EVERY_TEAM: Final = ""
_SHORTEST: Final = timedelta(days=1)


def read_sticky(node: Node, file: FileReader) -> timedelta | None:
    """The time that `company` (30 days), `company 60d` or `off` stands for; None is off."""
    written = file.scalar(node, "'sticky'")
    if written is None or written.text == OFF:
        return None
    what, _, days = written.text.partition(" ")
    found = within(_SHORTEST, LONGEST, span)(days.strip()) if days else USUAL
    if what == BY_COMPANY and found is not None:
        return found
    hint = f"Write company, company 60d (1 to {LONGEST.days} days) or off."
    like = "" if what == BY_COMPANY else written.text
    file.error(written, f"'sticky' cannot be '{written.text}'", hint, like=like, among=(BY_COMPANY, OFF))
    return None


def read_stickiness(
    node: Node, file: FileReader, *, teams: Collection[str] | None
) -> Mapping[str, timedelta | None]:
    """The stickiness of rules that do not set it, by team; `EVERY_TEAM` stands for all of them.

    `teams` are those of team.yaml, None if it could not be read.
    """
    if not isinstance(node, Map):
        return {EVERY_TEAM: read_sticky(node, file)}
    found: dict[str, timedelta | None] = {}
    for line in file.entries(node, "'sticky'"):
        if teams is not None:
            file.named(line.key, teams, "there is no team '{}'", "Add it under 'teams' in team.yaml.")
        found[line.key.text] = read_sticky(line.value, file)
    return found
