"""Search whether boxes cover another one, or for a part of it that they leave free.

After the hyper-rectangles of Calvanese et al., "Semantics, Analysis and Simplification of DMN Decision
Tables" (Information Systems, 2018). Sets of boxes are whole numbers with a bit for each, so one operation
compares a box with a thousand others. The worst case is co-NP-hard; a budget bounds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct, field

from router.rulefiles.proofs.boxes.atoms import bits
from router.rulefiles.proofs.boxes.boxes import Box, Space

_MOST_REMEMBERED: Final = 50_000


class CoverResult(Struct, frozen=True):
    """Result of one search. `free` is an uncovered box inside the asked one.

    With `free` None the box is covered by the boxes of `used` (as bits), or the result is not `known`.
    """

    free: Box | None = None
    used: int = 0
    known: bool = True
    spent: int = 0
    """Number of comparisons made."""

    @property
    def is_covered(self) -> bool:
        """True if the boxes `used` cover the one that was asked about."""
        return self.known and self.free is None


class Boxes(Struct, frozen=True):
    """Many boxes of one space, in order."""

    space: Space
    boxes: Sequence[Box]
    unlimited: tuple[int, ...]
    """By dimension, the boxes that leave it free."""
    sharing: tuple[dict[int, int], ...]
    """By dimension and set of atoms, the boxes that allow exactly these."""
    remembered: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def compared(self, dimension: int, atoms: int) -> tuple[int, int]:
        """The boxes that allow one of these atoms, and those that allow them all."""
        known = self.remembered.get((dimension, atoms))
        if known is not None:
            return known
        meeting = enclosing = self.unlimited[dimension]
        for allowed, boxes in self.sharing[dimension].items():
            if allowed & atoms:
                meeting |= boxes
                if not atoms & ~allowed:
                    enclosing |= boxes
        if len(self.remembered) >= _MOST_REMEMBERED:
            self.remembered.clear()
        self.remembered[dimension, atoms] = (meeting, enclosing)
        return meeting, enclosing

    def meeting(self, box: Box, among: int) -> int:
        """Those among the boxes that share a lead with this one."""
        for dimension, atoms in box.items():
            among &= self.compared(dimension, atoms)[0]
        return among

    def cover(self, box: Box, *, among: int, budget: int) -> CoverResult:
        """Search whether those `among` the boxes cover this one, with at most `budget` comparisons."""
        dimensions = range(len(self.space.dimensions))
        whole = [box.get(place, self.space.dimensions[place].everything) for place in dimensions]
        used = spent = 0
        parts = [(whole, among)]
        while parts:
            part, alive = parts.pop()
            while True:
                spent += len(dimensions) or 1
                if spent > budget:
                    return CoverResult(known=False, spent=budget)
                compared = [self.compared(place, part[place]) for place in dimensions]
                for meeting, _ in compared:
                    alive &= meeting
                free = self._free_point(part, alive)
                if free is not None:
                    return CoverResult(free=free, spent=spent)
                once = twice = 0
                for _, enclosing in compared:
                    outside = alive & ~enclosing
                    twice |= once & outside
                    once |= outside
                if alive & ~once:
                    used |= _lowest(alive & ~once)
                    break
                if once & ~twice:
                    used |= once & ~twice
                    if not self._shrink(part, compared, once & ~twice):
                        break
                else:
                    chosen = self._fewest_sides(compared, alive)
                    used |= 1 << chosen
                    parts += (
                        (slab, alive & ~(1 << chosen)) for slab in self._around(part, self.boxes[chosen])
                    )
                    break
        return CoverResult(used=used, spent=spent)

    def _free_point(self, part: Sequence[int], alive: int) -> Box | None:
        """A guess at a free place: of each fact the atom that satisfies the fewest tests."""
        for place, atoms in enumerate(part):
            if not alive:
                break
            alive &= self.compared(place, _lowest(atoms))[0]
        return None if alive else {place: _lowest(atoms) for place, atoms in enumerate(part)}

    def _shrink(self, part: list[int], compared: Sequence[tuple[int, int]], one_sided: int) -> bool:
        """Cut off what boxes take that enclose the part on all sides but one; False if nothing is left."""
        for place, (_, enclosing) in enumerate(compared):
            for box in bits(one_sided & ~enclosing):
                part[place] &= ~self.boxes[box][place]
            if not part[place]:
                return False
        return True

    def _fewest_sides(self, compared: Sequence[tuple[int, int]], alive: int) -> int:
        """The box that encloses the part on most sides."""
        levels = [alive]  # levels[n]: the boxes that do not enclose it on n sides or more
        for _, enclosing in compared:
            outside = alive & ~enclosing
            carried = [level & outside for level in levels]
            for count, boxes in enumerate(carried, start=1):
                if count < len(levels):
                    levels[count] |= boxes
                elif boxes:
                    levels.append(boxes)
        fewest = next(
            (fewer & ~more for fewer, more in pairwise(levels) if fewer & ~more),
            levels[-1],
        )
        return _lowest(fewest).bit_length() - 1

    def _around(self, part: Sequence[int], chosen: Box) -> Iterator[list[int]]:
        """The slabs of the part that lie outside the chosen box; the rest lies inside."""
        core = list(part)
        for place, allowed in chosen.items():
            if core[place] & ~allowed:
                slab = list(core)
                slab[place] &= ~allowed
                core[place] &= allowed
                yield slab


def boxes_in(space: Space, boxes: Sequence[Box]) -> Boxes:
    """The boxes, indexed for comparisons."""
    everything = (1 << len(boxes)) - 1
    sharing: list[dict[int, int]] = [{} for _ in space.dimensions]
    unlimited = [everything] * len(space.dimensions)
    for number, box in enumerate(boxes):
        for place, atoms in box.items():
            sharing[place][atoms] = sharing[place].get(atoms, 0) | 1 << number
            unlimited[place] ^= 1 << number
    return Boxes(space, boxes, tuple(unlimited), tuple(sharing))


def _lowest(number: int) -> int:
    return number & -number
