"""The rep of each team that is furthest from the fair share."""

from __future__ import annotations

from collections.abc import Mapping

from router.policy.people.roster import Unit
from router.policy.reports.bounds import Bound
from router.policy.shares.share_book import BOUND, LEAD, UNITS, Book
from router.store.health.parts import Furthest


def furthest_of(
    book: Mapping[str, str], bounds: Mapping[str, tuple[Unit, int | None, int]]
) -> tuple[Furthest, ...]:
    """The rep of each team whose credit is furthest from 0; a credit is how far a rep is behind.

    It is in the team's unit. Credit that refunds gave back and the next leads have still to even out is part
    of the bound.
    """
    found: dict[str, Furthest] = {}
    shares = Book({name: int(value) for name, value in book.items()})
    for name, credit in sorted(shares.fields.items()):
        unit = UNITS.get(name.partition(":")[0])
        if unit is None:
            continue
        _, team, rep = name.split(":", 2)
        counted_in, most, waiting = bounds.get(team, (unit, BOUND, 0))
        if unit != counted_in:
            continue  # left over from a time when the team shared in another unit
        difference = -credit / LEAD
        if team not in found or abs(difference) > abs(found[team].difference):
            bound = Bound(unit, most, waiting).given(shares, team)
            found[team] = Furthest(team, rep, difference, unit, bound)
    return tuple(found.values())
