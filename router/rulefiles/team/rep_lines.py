"""Reader of one line below `reps` in team.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from router.policy.leads.catalog import Catalog
from router.policy.people.roster import Hours, Rep
from router.rulefiles.team.holiday_code import read_holidays
from router.rulefiles.team.owner_named import owner_named
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import number, whole, within
from router.rulefiles.yaml.tree import Node, YamlEntry

REP_KEYS: Final = (
    "owner",
    "level",
    "skills",
    "languages",
    "hours",
    "weight",
    "max_open_leads",
    "max_per_day",
    "public_holidays",
    "max_claims_per_hour",
)
SMALLEST_WEIGHT, LARGEST_WEIGHT = 500, 1_000_000
"""Smallest and largest weight, in thousandths."""


class RepReader(Struct, frozen=True):
    """Reads reps; `hours` are the working weeks that a rep may name, `holidays` the default code."""

    file: FileReader
    catalog: Catalog
    hours: Mapping[str, Hours]
    holidays: str | None = None

    def rep(self, line: YamlEntry) -> Rep:
        """The rep of this line; a part with a mistake is reported and gets its default."""
        name = line.key.text
        fields = self.file.fields(line.value, f"the rep '{name}'", known=REP_KEYS) or {}
        if "owner" not in fields:
            hint = "Add 'owner:' with the e-mail address of their HubSpot owner."
            self.file.error(line.key, f"the rep '{name}' has no 'owner'", hint)
        return Rep(
            name=name,
            owner=self._owner(fields["owner"].value) if "owner" in fields else "",
            level=self._text(fields, "level"),
            skills=self._names(fields, "skills"),
            languages=self._names(fields, "languages"),
            hours=self.file.value(
                fields.get("hours"),
                self.hours,
                "there are no working hours '{}'",
                "Add them under 'hours'.",
                among=self.hours,
            ),
            weight=self._weight(fields["weight"].value) if "weight" in fields else 1000,
            max_open_leads=self._limit(fields, "max_open_leads"),
            max_per_day=self._limit(fields, "max_per_day"),
            public_holidays=(
                read_holidays(fields["public_holidays"].value, self.file)
                if "public_holidays" in fields
                else self.holidays
            ),
            max_claims_per_hour=self._limit(fields, "max_claims_per_hour"),
        )

    def _owner(self, node: Node) -> str:
        hint = "They get no leads; take them out of their teams."
        return owner_named(node, self.file, self.catalog, if_gone=hint)

    def _text(self, fields: Mapping[str, YamlEntry], name: str) -> str | None:
        return self.file.value(fields.get(name), str, "", "")

    def _names(self, fields: Mapping[str, YamlEntry], name: str) -> tuple[str, ...]:
        if name not in fields:
            return ()
        return tuple(dict.fromkeys(s.text for s in self.file.scalars(fields[name].value, f"'{name}'")))

    def _weight(self, node: Node) -> int:
        written = self.file.scalar(node, "'weight'")
        if written is None:
            return 1000
        found = number(written.text)
        thousandths = None if found is None else found * 1000
        if thousandths is None or thousandths != int(thousandths):
            message = f"'{written.text}' is no weight"
            self.file.error(written, message, "Write a number such as 1, 2 or 1.5, with at most 3 decimals.")
            return 1000
        if not SMALLEST_WEIGHT <= thousandths <= LARGEST_WEIGHT:
            hint = "A rep who gets no leads is taken out of the team instead."
            message = f"the weight {written.text} is not between 0.5 and 1000"
            self.file.error(written, message, hint if thousandths <= 0 else "Weights are relative: 1, 2, 3.")
            return 1000
        return int(thousandths)

    def _limit(self, fields: Mapping[str, YamlEntry], name: str) -> int | None:
        message = f"'{name}' is a whole number of leads from 1 up, not '{{}}'"
        return self.file.value(
            fields.get(name), within(1, None, whole), message, "Leave it out for no limit."
        )
