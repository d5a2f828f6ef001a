"""The leads that a condition takes, as boxes: for each fact it names, the atoms that it allows.

A condition becomes its disjunctive normal form; each conjunct is one box. A fact that a box does not name is
free in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from msgspec import Struct

from router.policy.leads.lead import Value
from router.policy.rules.conditions import AllOf, AnyOf, Condition, Matcher, NoneOf, Test, answering, tests_in
from router.rulefiles.proofs.boxes.atoms import Choice, Dimension, atoms_of
from router.rulefiles.proofs.boxes.domains import Kinds

MOST_BOXES: Final = 2000
"""Largest number of boxes of one condition; a condition with more is too hard to read."""

Box: TypeAlias = Mapping[int, int]
"""By dimension, the atoms allowed; never none of them, never all."""

EVERYTHING: Final[Box] = {}


class Space(Struct, frozen=True):
    """All dimensions that rules name, and where each of their tests is true."""

    dimensions: tuple[Dimension, ...]
    first_of: Mapping[str, int]
    """By fact, its own dimension; dimensions of its tokens follow."""
    where: Mapping[tuple[str, Matcher], Choice]

    def boxes(self, condition: Condition) -> tuple[Box, ...] | None:
        """The boxes of the leads that the condition takes; None if there are more than `MOST_BOXES`."""
        try:
            return tuple(self._boxes(condition, wanted=True))
        except _TooManyBoxes:
            return None

    def atoms_like(self, fact: str, value: Value, *, now: datetime) -> int:
        """The atoms of a fact's own dimension that answer its tests as this value does."""
        first = self.first_of[fact]
        atoms = self.dimensions[first].everything
        for (name, matcher), choice in self.where.items():
            if name == fact and choice and choice[0][0] == first:
                atoms &= choice[0][1] if answering(matcher)(value, now) else ~choice[0][1]
        return atoms

    def _boxes(self, condition: Condition, *, wanted: bool) -> list[Box]:
        """The boxes in which the condition is true, or false if `wanted` is False."""
        match condition:
            case Test():
                return self._of_test(condition, wanted=wanted)
            case AllOf(parts):
                return self._combined(parts, wanted=wanted, together=wanted)
            case AnyOf(parts):
                return self._combined(parts, wanted=wanted, together=not wanted)
            case NoneOf(parts):
                return self._combined(parts, wanted=not wanted, together=wanted)

    def _combined(self, parts: Sequence[Condition], *, wanted: bool, together: bool) -> list[Box]:
        """The boxes where all parts, or without `together` at least one, are as `wanted`."""
        boxes = (self._boxes(part, wanted=wanted) for part in parts)
        return self._common(boxes) if together else self._joined(box for part in boxes for box in part)

    def _of_test(self, test: Test, *, wanted: bool) -> list[Box]:
        choice = self.where[test.fact, test.matcher]
        if wanted:
            return self._joined(self._slab(dimension, atoms) for dimension, atoms in choice if atoms)
        return self._common(
            [self._slab(dimension, rest)] if (rest := self.dimensions[dimension].everything & ~atoms) else []
            for dimension, atoms in choice
        )

    def _slab(self, dimension: int, atoms: int) -> Box:
        return EVERYTHING if atoms == self.dimensions[dimension].everything else {dimension: atoms}

    def _common(self, parts: Iterable[Sequence[Box]]) -> list[Box]:
        """The boxes that lie in one box of every part."""
        found: list[Box] = [EVERYTHING]
        for part in parts:
            both = (intersection(one, other) for one in found for other in part)
            found = self._joined(box for box in both if box is not None)
        return found

    def _joined(self, boxes: Iterable[Box]) -> list[Box]:
        """The same leads in fewer boxes: boxes that limit the same single fact become one."""
        slabs: dict[int, int] = {}
        others: dict[frozenset[tuple[int, int]], Box] = {}
        for box in boxes:
            if not box:
                return [EVERYTHING]
            if len(box) == 1:
                [(dimension, atoms)] = box.items()
                slabs[dimension] = slabs.get(dimension, 0) | atoms
            else:
                others[frozenset(box.items())] = box
            if len(others) > MOST_BOXES:
                raise _TooManyBoxes
        found = [self._slab(dimension, atoms) for dimension, atoms in slabs.items()]
        return [EVERYTHING] if EVERYTHING in found else [*found, *others.values()]


class _TooManyBoxes(Exception):
    """A condition has more than `MOST_BOXES` boxes."""


def space_of(conditions: Iterable[Condition], *, kinds: Kinds, now: datetime) -> Space:
    """The space in which these conditions are boxes. `now` is an aware UTC datetime."""
    matchers: dict[str, dict[Matcher, None]] = {}
    for condition in conditions:
        for test in tests_in(condition):
            matchers.setdefault(test.fact, {})[test.matcher] = None
    dimensions: list[Dimension] = []
    first_of: dict[str, int] = {}
    where: dict[tuple[str, Matcher], Choice] = {}
    for fact, asked in matchers.items():
        first = first_of[fact] = len(dimensions)
        atoms = atoms_of(fact, tuple(asked), kinds=kinds, now=now)
        dimensions += atoms.dimensions
        for matcher, choice in atoms.where.items():
            where[fact, matcher] = tuple((first + place, mask) for place, mask in choice)
    return Space(tuple(dimensions), first_of, where)


def intersection(one: Box, other: Box) -> Box | None:
    """The box that lies in both; None if they share no lead."""
    found = dict(one)
    for dimension, atoms in other.items():
        shared = found.get(dimension, atoms) & atoms
        if not shared:
            return None
        found[dimension] = shared
    return found
