"""Reader of one line below `teams` in team.yaml: the reps of a team, and how they share leads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal

from msgspec import Struct

from router.policy.people.roster import CatchUp, Rep, Team
from router.rulefiles.team.rep_lines import REP_KEYS
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import span, whole, within
from router.rulefiles.yaml.tree import Map, Node, Scalar, YamlEntry

TEAM_KEYS: Final = ("reps", "weights", "fair_by", "time_off")
FIXED: Final = "fixed"
PERFORMANCE: Final = "performance"
WEIGHTS: Final[Mapping[str, str]] = {
    FIXED: "As they stand with the reps",
    PERFORMANCE: "Times 0.5 to 2 by the wins of 90 days, each night",
    f"{PERFORMANCE} 180d": "The same by the wins of 180 days (30 to 730)",
}
"""The values of `weights`, with their meaning."""
FAIR_BY: Final[Mapping[Literal["count", "value"], str]] = {
    "count": "Everybody's part is of the leads (the default)",
    "value": "Everybody's part is of the leads' points of score",
}
"""The values of `fair_by`, with their meaning."""
FORGIVE: Final = "forgive"
CATCH_UP: Final = "catch_up"
TIME_OFF: Final[Mapping[str, str]] = {
    FORGIVE: "Whoever is away neither earns nor owes (the default)",
    CATCH_UP: "Whoever is away keeps earning their part, and gets it once they are back",
}
"""The values of `time_off`, with their meaning."""
USUAL: Final = timedelta(days=90)
SHORTEST: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=730)


class TeamLineReader(Struct, frozen=True):
    """Reads teams; `reps` are the reps that a team may name."""

    file: FileReader
    reps: Mapping[str, Rep]

    def team(self, line: YamlEntry) -> Team:
        """The team of this line: a list of reps, or `{reps: [...], ...}`; mistakes are reported."""
        name = line.key.text
        if not isinstance(line.value, Map):
            return Team(name, self._members(line.value, name))
        if not any(part.key.text in TEAM_KEYS for part in line.value.entries):
            hint = "Weights stand with the reps; a team is written [one, two]."
            self.file.error(line.value, f"the team '{name}' is a list of reps", hint)
            return Team(name, ())
        required = {"reps": "Add 'reps: [one, two]'."}
        fields = self.file.fields(line.value, f"the team '{name}'", known=TEAM_KEYS, required=required) or {}
        return Team(
            name,
            self._members(fields["reps"].value, name) if "reps" in fields else (),
            performance=self._performance(fields["weights"].value) if "weights" in fields else None,
            fair_by=self._fair_by(fields.get("fair_by")),
            catch_up=self._catch_up(fields["time_off"].value) if "time_off" in fields else None,
        )

    def _members(self, node: Node, team: str) -> tuple[str, ...]:
        members: dict[str, Scalar] = {}
        for rep in self.file.scalars(node, f"the team '{team}'"):
            if rep.text in members:
                message = f"'{rep.text}' is twice in the team '{team}'"
                self.file.error(rep, message, "Name each rep once; a larger share is a larger weight.")
            elif is_rep(rep, self.reps, self.file):
                members[rep.text] = rep
        return tuple(members)

    def _performance(self, node: Node) -> timedelta | None:
        """The time that `performance` (90 days) or `performance 180d` stands for; None is `fixed`."""
        written = self.file.scalar(node, "'weights'")
        if written is None or written.text == FIXED:
            return None
        what, _, days = written.text.partition(" ")
        found = within(SHORTEST, LONGEST, span)(days.strip()) if days else USUAL
        if what == PERFORMANCE and found is not None:
            return found
        like = "" if what == PERFORMANCE else written.text
        hint = f"Write fixed, performance or performance 180d ({SHORTEST.days} to {LONGEST.days} days)."
        message = f"'weights' cannot be '{written.text}'"
        self.file.error(written, message, hint, like=like, among=(FIXED, PERFORMANCE))
        return None

    def _fair_by(self, entry: YamlEntry | None) -> Literal["count", "value"]:
        words: dict[str, Literal["count", "value"]] = {word: word for word in FAIR_BY}
        hint = "Write count (leads, the default) or value (points of score)."
        return self.file.value(entry, words, "'fair_by' cannot be '{}'", hint, among=words) or "count"

    def _catch_up(self, node: Node) -> CatchUp | None:
        """The setting of `catch_up` (no limit) or `{catch_up: 5}`; None is `forgive`."""
        if isinstance(node, Map):
            fields = self.file.fields(node, "'time_off'", known=(CATCH_UP,)) or {}
            at_most = self.file.value(
                fields.get(CATCH_UP),
                within(1, None, whole),
                "'catch_up' is a whole number of leads (points, by value), not '{}'",
                "Write {catch_up: 5}, or catch_up alone for no limit.",
            )
            return CatchUp(at_most) if fields else None
        written = self.file.scalar(node, "'time_off'")
        if written is None or written.text == FORGIVE:
            return None
        hint = "Write forgive (the default), catch_up or {catch_up: 5}."
        self.file.named(written, TIME_OFF, "'time_off' cannot be '{}'", hint)
        return CatchUp()


def is_rep(name: Scalar, reps: Mapping[str, Rep], file: FileReader) -> bool:
    """True if there is such a rep; an error is reported if not."""
    hint = f"A rep has: {', '.join(REP_KEYS)}; add them under 'reps'."
    return file.named(name, reps, "there is no rep '{}'", hint) is not None
