"""Reader of the list below `rules`: single rules, groups with a common condition, and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from router.policy.rules.conditions import ALWAYS, AllOf, Condition, parts_of
from router.policy.rules.policy import Rule
from router.rulefiles.routing.actions import ACTION_KEYS, LATER, ActionReader
from router.rulefiles.routing.tables import Row, TableReader
from router.rulefiles.words.conditions import ConditionReader
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Map, Node, Scalar, YamlEntry

RULE_KEYS: Final = ("name", "when", *ACTION_KEYS)
GROUP_KEYS: Final = ("group", "when", "rules", "otherwise")
OTHERWISE: Final = "otherwise"


class Inside(Struct, frozen=True):
    """The place of a rule: in no group, or in a named one whose condition applies to all its rules."""

    group: str = ""
    guard: Condition = ALWAYS

    def name(self, rule: str) -> str:
        """The rule's full name."""
        return f"{self.group} / {rule}" if self.group else rule

    def when(self, own: Condition) -> Condition:
        """The rule's full condition, in one list so that an explanation can point at the part that fails."""
        parts = (*parts_of(self.guard), *parts_of(own))
        return parts[0] if len(parts) == 1 else AllOf(parts)


class RuleListReader(Struct, frozen=True):
    """Reads rules in the order of the file. A rule with a mistake is reported and left out."""

    file: FileReader
    conditions: ConditionReader
    actions: ActionReader
    lines_by_name: dict[str, int] = field(default_factory=dict)

    def rules(self, node: Node, inside: Inside) -> tuple[Rule, ...]:
        """The rules of one list."""
        found: list[Rule] = []
        for element in self.file.elements(node, "'rules'"):
            keys = {entry.key.text for entry in element.entries} if isinstance(element, Map) else set()
            if "group" in keys and inside.group:
                self.file.error(
                    element, "a group cannot stand inside a group", "Put it beside the other one."
                )
            elif "group" in keys:
                found += self._group(element)
            elif "table" in keys:
                for row in TableReader(self.file, self.conditions).rows(element):
                    found += self._row(row, inside)
            else:
                found += self._rule(element, inside)
        return tuple(found)

    def otherwise(self, entry: YamlEntry, inside: Inside) -> tuple[Rule, ...]:
        """The rule that takes what no rule above it took."""
        fields = self.file.fields(entry.value, f"'{OTHERWISE}'", known=ACTION_KEYS, later=LATER)
        if fields is None:
            return ()
        name = Scalar(OTHERWISE, entry.key.line, entry.key.column)
        return self._made(name, fields, own=ALWAYS, inside=inside)

    def _group(self, element: Node) -> tuple[Rule, ...]:
        fields = self.file.fields(element, "a group", known=GROUP_KEYS)
        name = self.file.scalar(fields["group"].value, "'group'") if fields else None
        if fields is None or name is None:
            return ()
        for key in ("when", "rules"):
            if key not in fields:
                self.file.error(
                    fields["group"].key, f"the group '{name.text}' has no '{key}'", f"Add '{key}:'."
                )
        guard = self.conditions.when(fields["when"].value) if "when" in fields else None
        # Without its condition no rule of the group may ever match; they are read for their mistakes only.
        inside = Inside(name.text, guard or ALWAYS)
        found = self.rules(fields["rules"].value, inside) if "rules" in fields else ()
        if OTHERWISE in fields:
            found += self.otherwise(fields[OTHERWISE], inside)
        else:
            hint = (
                "Leads that fit none of its rules go on to the rules below it; add 'otherwise' to keep them."
            )
            self.file.warning(fields["group"].key, f"the group '{name.text}' has no 'otherwise'", hint)
        return () if guard is None else found

    def _rule(self, element: Node, inside: Inside) -> tuple[Rule, ...]:
        fields = self.file.fields(element, "a rule", known=RULE_KEYS, later=LATER)
        if fields is None:
            return ()
        if "name" not in fields:
            self.file.error(element, "the rule has no 'name'", "Add 'name:'; people read it as the reason.")
        name = self.file.scalar(fields["name"].value, "'name'") if "name" in fields else None
        label = name or Scalar("", element.line, element.column)
        if "when" not in fields:
            hint = "Add 'when: {property: value}'; what fits no rule goes to 'otherwise'."
            self.file.error(label, f"the rule '{label.text}' has no 'when'", hint)
        own = self.conditions.when(fields["when"].value) if "when" in fields else None
        return self._made(label, fields, own=own, inside=inside)

    def _row(self, row: Row, inside: Inside) -> tuple[Rule, ...]:
        return self._made(row.name, row.fields, own=row.when, inside=inside)

    def _made(
        self, name: Scalar, fields: Mapping[str, YamlEntry], *, own: Condition | None, inside: Inside
    ) -> tuple[Rule, ...]:
        full_name = inside.name(name.text)
        first = self.lines_by_name.get(full_name)
        self.lines_by_name.setdefault(full_name, name.line)
        if first is not None and name.text:
            message = f"two rules have the name '{full_name}', on line {first} and on line {name.line}"
            self.file.error(name, message, "Give one of them another name.")
        done = self.actions.done(fields, at=name, what=f"the rule '{full_name}'")
        if own is None or done is None:
            return ()
        return (Rule(full_name, inside.when(own), done.action, name.line, done.sla, done.status, done.task),)
