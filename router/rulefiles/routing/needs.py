"""Reader of `needs` and `prefer`: the level, skills and languages that a rule asks of a rep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, get_args

from msgspec import Struct

from router.policy.leads.catalog import FactType
from router.policy.people.roster import Rep, Roster
from router.policy.rules.policy import Need
from router.rulefiles.words.vocabulary import Vocabulary
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Node, Scalar, YamlEntry

Kind = Literal["level", "skill", "language"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_ASKED: Final = (FactType.TEXT, FactType.CHOICE, FactType.CHOICES)
_HAS: Final[Mapping[Kind, Callable[[Rep], tuple[str, ...]]]] = {
    "level": lambda rep: (rep.level,) if rep.level else (),
    "skill": lambda rep: rep.skills,
    "language": lambda rep: rep.languages,
}


class NeedReader(Struct, frozen=True):
    """Reads `needs` and `prefer`; `roster` is None if team.yaml could not be read."""

    file: FileReader
    words: Vocabulary
    roster: Roster | None

    def needs(self, entry: YamlEntry) -> tuple[Need, ...]:
        """The needs of `{level: senior, skill: from produit_interesse}`; a list needs each of its values."""
        fields = self.file.fields(entry.value, f"'{entry.key.text}'", known=KINDS) or {}
        found: list[Need] = []
        for kind in KINDS:
            if kind in fields:
                written = self.file.scalars(fields[kind].value, f"'{kind}'")
                found += [need for scalar in written if (need := self._need(kind, scalar)) is not None]
        return tuple(found)

    def _need(self, kind: Kind, written: Scalar) -> Need | None:
        if written.text.startswith("from ") and not written.quoted:
            return self._from_fact(kind, written)
        known = self._known(kind)
        if known is None:
            return Need(kind, value=written.text)
        hint = f"Reps have: {', '.join(known)}." if known else f"Give reps a {kind} in team.yaml."
        value = self.file.named(written, known, f"no rep has the {kind} '{{}}'", hint)
        return None if value is None else Need(kind, value=value)

    def _from_fact(self, kind: Kind, written: Scalar) -> Need | None:
        name = written.text.removeprefix("from ").strip()
        fact = self.words.fact(Scalar(name, written.line, written.column + len("from ")), self.file)
        if fact is None:
            return None
        if fact.type not in _ASKED:
            hint = "Name a property whose values are those of the reps."
            self.file.error(written, f"{fact} is a {fact.type}, which can be no {kind}", hint)
            return None
        known = self._known(kind)
        unmatched = [value for value in fact.options if known is not None and value not in known]
        if unmatched and fact.type is not FactType.TEXT:
            few = ", ".join(unmatched[:5]) + (" …" if len(unmatched) > 5 else "")
            hint = f"Such a lead finds nobody. Give reps the {kind} in team.yaml."
            self.file.warning(written, f"no rep has the {kind} that {fact} can ask for: {few}", hint)
        return Need(kind, from_fact=fact.name)

    def _known(self, kind: Kind) -> tuple[str, ...] | None:
        """The reps' values of this kind; None if team.yaml could not be read."""
        if self.roster is None:
            return None
        return tuple(dict.fromkeys(value for rep in self.roster.reps.values() for value in _HAS[kind](rep)))

    def check_somebody_fits(self, at: Node, team: str, needs: tuple[Need, ...]) -> None:
        """Report an error if no rep of the team has all the fixed needs, so that the rule finds no rep."""
        fixed = [need for need in needs if need.value is not None]
        if self.roster is None or team not in self.roster.teams or not fixed:
            return
        reps = [self.roster.reps[name] for name in self.roster.teams[team].reps]
        if any(all(need.value in _HAS[need.kind](rep) for need in fixed) for rep in reps):
            return
        wanted = " and ".join(f"the {need.kind} '{need.value}'" for need in fixed)
        self.file.error(at, f"nobody in the team '{team}' has {wanted}", "Choose another team, or need less.")
