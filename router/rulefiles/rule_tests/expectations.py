"""Reader of `expect`: the decision that a rule test expects, in the words of the rule files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from msgspec import Struct, field

from router.hubspot.properties import STATUS
from router.policy.leads.catalog import Catalog
from router.policy.rules.policy import Policy
from router.rulefiles.scoring.grades import grades_of
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import moment, whole, within
from router.rulefiles.yaml.tree import Map, Node, YamlEntry

DEEDS: Final = ("assign", "queue", "nurture", "nothing")
"""The values of `do`: an owner at once, a team's queue, marketing, or no owner."""
EXPECT_KEYS: Final = (
    "rule", "team", "rep", "among", "do", "grade", "segment", "status", "due", "share",
)  # fmt: skip


class Expected(Struct, frozen=True):
    """The expectation for every lead of a test; None and empty expect nothing.

    `share` counts leads by rep.
    """

    rule: str | None = None
    team: str | None = None
    rep: str | None = None
    among: tuple[str, ...] = ()
    deed: str | None = None
    grade: str | None = None
    segment: str | None = None
    status: str | None = None
    due: datetime | None = None
    share: Mapping[str, int] = field(default_factory=dict)


class ExpectationReader(Struct, frozen=True):
    """Reads `expect`; every name in it must be one of the policy's, or the test could never pass."""

    file: FileReader
    policy: Policy
    catalog: Catalog

    def expected(self, entry: YamlEntry, *, leads: int) -> Expected:
        """The expectation of a test of `leads` leads.

        A part with a mistake is reported and expects nothing.
        """
        fields = self.file.fields(entry.value, "'expect'", known=EXPECT_KEYS)
        if isinstance(entry.value, Map) and not entry.value.entries:
            hint = f"Write one of: {', '.join(EXPECT_KEYS)}."
            self.file.error(entry.value, "the test expects nothing", hint)
        fields = fields or {}
        roster, policy = self.policy.roster, self.policy
        segments = [segment.name for segment in policy.segments]
        return Expected(
            rule=self._rule(fields.get("rule")),
            team=self._one_of(fields.get("team"), roster.teams, "there is no team '{}'"),
            rep=self._one_of(fields.get("rep"), roster.reps, "there is no rep '{}'"),
            among=self._among(fields.get("among")),
            deed=self._one_of(fields.get("do"), DEEDS, "'do' cannot be '{}'"),
            grade=self._one_of(
                fields.get("grade"), grades_of(policy.scoring.grade), "there is no grade '{}'"
            ),
            segment=self._one_of(fields.get("segment"), segments, "there is no segment '{}'"),
            status=self._status(fields.get("status")),
            due=self.file.value(
                fields.get("due"),
                partial(moment, timezone=roster.timezone),
                "'due' is a moment, and '{}' is none",
                "Write 2026-11-24T12:15, in the team's time zone.",
            ),
            share=self._share(fields["share"].value, leads) if "share" in fields else {},
        )

    def _rule(self, entry: YamlEntry | None) -> str | None:
        """The rule's full name; inside a group the last part is enough if it is unique."""
        written = self.file.scalar(entry.value, "'rule'") if entry else None
        if written is None:
            return None
        names = [rule.name for rule in self.policy.rules]
        if written.text in names:
            return written.text
        inside = [name for name in names if name.endswith(f" / {written.text}")]
        if len(inside) == 1:
            return inside[0]
        if inside:
            hint = f"Write the group before it, such as '{inside[0]}'."
            self.file.error(written, f"{len(inside)} rules are called '{written.text}'", hint)
            return None
        short = {name.rpartition(" / ")[2] for name in names}
        hint = "Write its 'name' as in routing.yaml."
        self.file.error(
            written, f"there is no rule '{written.text}'", hint, like=written.text, among=(*names, *short)
        )
        return None

    def _one_of(self, entry: YamlEntry | None, names: Iterable[str], message: str) -> str | None:
        there = {name: name for name in names}
        return self.file.value(entry, there, message, _there_are(there), among=there)

    def _among(self, entry: YamlEntry | None) -> tuple[str, ...]:
        if entry is None:
            return ()
        reps = self.policy.roster.reps
        found = (
            self.file.named(written, reps, "there is no rep '{}'", _there_are(reps))
            for written in self.file.scalars(entry.value, "'among'")
        )
        return tuple(rep for rep in found if rep is not None)

    def _status(self, entry: YamlEntry | None) -> str | None:
        prop = self.catalog.contact.get(STATUS)
        options = [option.value for option in prop.options] if prop else []
        if options:
            return self._one_of(entry, options, "'{}' is not an option of hs_lead_status")
        return self.file.value(entry, str, "", "")

    def _share(self, node: Node, leads: int) -> Mapping[str, int]:
        shares: dict[str, int] = {}
        for line in self.file.entries(node, "'share'"):
            reps = self.policy.roster.reps
            rep = self.file.named(line.key, reps, "there is no rep '{}'", _there_are(reps))
            count = self.file.value(
                line,
                within(0, None, whole),
                "a share is a number of leads, not '{}'",
                "Write a whole number, such as 30.",
                what=f"the share of '{line.key.text}'",
            )
            if rep is not None and count is not None:
                shares[rep] = count
        total = sum(shares.values())
        if total > leads:
            message = (
                f"the shares add up to {total}, and the test has only {leads} lead{'s' if leads > 1 else ''}"
            )
            self.file.error(node, message, f"Add 'repeat: {total}', or correct the shares.")
        return shares


def _there_are(names: Iterable[str]) -> str:
    return f"There are: {', '.join(names)}."
