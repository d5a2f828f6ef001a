"""What one line below `teams` says: who shares leads, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from router.policy.roster import Rep, Team
from router.rulefiles.rep_lines import REP_KEYS
from router.rulefiles.sheet import Sheet
from router.rulefiles.tree import Entry, Map, Node, Scalar

TEAM_KEYS: Final = ("reps",)
LATER: Final[Mapping[str, str]] = {
    "weights": "this version does not take weights from outcomes",
}


@dataclass(frozen=True, slots=True)
class TeamLineReader:
    """Reads teams; `reps` are those that they may name."""

    sheet: Sheet
    reps: Mapping[str, Rep]

    def team(self, line: Entry) -> Team:
        """The team of this line: a list of reps, or `{reps: [...], ...}`; what is wrong is noted."""
        name = line.key.text
        if not isinstance(line.value, Map):
            return Team(name, self._members(line.value, name))
        if not any(part.key.text in (*TEAM_KEYS, *LATER) for part in line.value.entries):
            hint = "Weights stand with the reps; a team is written [one, two]."
            self.sheet.error(line.value, f"the team '{name}' is a list of reps", hint)
            return Team(name, ())
        required = {"reps": "Add 'reps: [one, two]'."}
        fields = self.sheet.fields(
            line.value, f"the team '{name}'", known=TEAM_KEYS, later=LATER, required=required
        )
        return Team(name, self._members(fields["reps"].value, name) if fields and "reps" in fields else ())

    def _members(self, node: Node, team: str) -> tuple[str, ...]:
        members: dict[str, Scalar] = {}
        for rep in self.sheet.scalars(node, f"the team '{team}'"):
            if rep.text in members:
                message = f"'{rep.text}' is twice in the team '{team}'"
                self.sheet.error(rep, message, "Name each rep once; a larger share is a larger weight.")
            elif is_rep(rep, self.reps, self.sheet):
                members[rep.text] = rep
        return tuple(members)


def is_rep(name: Scalar, reps: Mapping[str, Rep], sheet: Sheet) -> bool:
    """Whether there is such a rep; that there is none is noted."""
    if name.text not in reps:
        hint = f"A rep has: {', '.join(REP_KEYS)}; add them under 'reps'."
        sheet.error(name, f"there is no rep '{name.text}'", hint, like=name.text, among=reps)
    return name.text in reps
