"""Findings of proofs, before they get their place in a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from router.policy.rules.policy import Rule
from router.rulefiles.yaml.mistakes import Severity

ROUTING_FILE: Final = "routing.yaml"
TEAM_FILE: Final = "team.yaml"
_SEPARATOR: Final = " / "
MOST_NAMED: Final = 4
"""Rules or reps that one sentence names."""


class Finding(Struct, frozen=True):
    """One finding: its line, the name under which the caret points, and what to do."""

    line: int
    subject: str
    severity: Severity
    message: str
    hint: str | None = None
    file: str = ROUTING_FILE


def with_lines(rules: Iterable[Rule]) -> str:
    """Rules in words: `'A' (line 3), 'B' (line 9) and 12 more`."""
    return few_of([f"'{rule.name}' (line {rule.line})" for rule in rules])


def group_of(rule: Rule) -> str:
    """The group of the rule, which its full name begins with; "" for none."""
    group, separator, _ = rule.name.partition(_SEPARATOR)
    return group if separator else ""


def own_name(rule: Rule) -> str:
    """The rule's name as it is written in the file, without its group's."""
    return rule.name.removeprefix(group_of(rule)).removeprefix(_SEPARATOR)


def few_of(names: Sequence[str]) -> str:
    """Names in words: `a, b, c, d and 12 more`."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
