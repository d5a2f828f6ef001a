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
    shares = Book({name: int(value) for name, value in book.items()})
    found: dict[str, tuple[str, int, Unit]] = {}
    for name in sorted(shares.fields):
        unit = UNITS.get(name.partition(":")[0])
        if unit is None:
            continue
        _, team, rep = name.split(":", 2)
        if team in bounds and bounds[team][0] != unit:
            continue  # left over from a time when the team shared in another unit
        credit = shares.fields[name]
        if team not in found or abs(credit) > abs(found[team][1]):
            found[team] = rep, credit, unit
    return tuple(
        Furthest(team, rep, -credit / LEAD, unit, _bound(bounds, team, unit).given(shares, team))
        for team, (rep, credit, unit) in found.items()
    )


def _bound(bounds: Mapping[str, tuple[Unit, int | None, int]], team: str, unit: Unit) -> Bound:
    _, most, waiting = bounds.get(team, (unit, BOUND, 0))
    return Bound(unit, most, waiting)
