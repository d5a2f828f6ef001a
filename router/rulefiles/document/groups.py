"""The groups of rules in routing.yaml, each with its common conditions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, takewhile
from typing import Final

from msgspec import Struct

from router.policy.rules.conditions import Condition, parts_of
from router.policy.rules.policy import Rule

INSIDE: Final = " / "
"""Separator between a group's name and its rule's."""


class Numbered(Struct, frozen=True):
    """A rule with its place from the top, its name inside its group, and its own conditions."""

    number: int
    name: str
    asks: tuple[Condition, ...]
    rule: Rule


class Group(Struct, frozen=True):
    """Rules in a row; outside of groups `name` is "" and `asks` is empty."""

    name: str
    asks: tuple[Condition, ...]
    rules: tuple[Numbered, ...]


def groups_of(rules: Sequence[Rule]) -> tuple[Group, ...]:
    """The rules from top to bottom, those of a group together."""
    numbered = list(enumerate(rules, 1))
    found = []
    for name, members in groupby(numbered, key=lambda one: _group_name(one[1])):
        among = list(members)
        shared = _shared([parts_of(rule.when) for _, rule in among]) if name else ()
        # A rule may have the separator in its own name; rules without a common condition are no group.
        called = name if shared else ""
        found.append(
            Group(called, shared, tuple(_numbered(number, rule, called, shared) for number, rule in among))
        )
    return tuple(found)


def _group_name(rule: Rule) -> str:
    group, sign, _ = rule.name.partition(INSIDE)
    return group if sign else ""


def _shared(asked: Sequence[tuple[Condition, ...]]) -> tuple[Condition, ...]:
    """The conditions with which all of them begin."""
    columns = zip(*asked, strict=False)
    return tuple(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))


def _numbered(number: int, rule: Rule, group: str, shared: tuple[Condition, ...]) -> Numbered:
    name = rule.name.removeprefix(group + INSIDE) if group else rule.name
    return Numbered(number, name, parts_of(rule.when)[len(shared) :], rule)
