"""The share book: credits, counts and factors of all teams and reps, as flat whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from msgspec import Struct, field

from router.policy.people.roster import Unit

LEAD = 1_000_000_000
"""One lead (or one point in a team that shares points), in billionths, the unit of credits."""
ALL_ELIGIBLE: Final = 1
"""Largest deviation from the fair share, in leads, if the set of eligible reps never changed."""
BOUND: Final = 2
"""Largest allowed deviation from the fair share, in leads, when the set of eligible reps changes."""


def credit_field(team: str, rep: str, unit: Unit = "leads") -> str:
    """Field: the credit that the team owes the rep, in billionths of the unit; a team's credits sum to 0.

    Each unit has its own fields, so a team that changes its unit loses no credits.
    """
    return f"credit:{team}:{rep}" if unit == "leads" else f"points:{team}:{rep}"


def open_field(rep: str) -> str:
    """Field: the number of leads that the rep has open now."""
    return f"open:{rep}"


def today_field(day: date, rep: str) -> str:
    """Field: the number of leads that the rep received on that day (in the roster's time zone)."""
    return f"today:{day.isoformat()}:{rep}"


def served_field(team: str) -> str:
    """Field: the number of leads that the team's shares have given so far."""
    return f"served:{team}"


def given_field(team: str) -> str:
    """Field: the points of all leads given so far, in a team that shares by value."""
    return f"given:{team}"


def largest_field(team: str) -> str:
    """Field: the points of the most valuable lead that the team has given by value."""
    return f"largest:{team}"


def last_field(team: str, rep: str) -> str:
    """Field: the team's count of served leads when the rep last got one; 0 means never."""
    return f"last:{team}:{rep}"


FACTORS = "factor:"
"""The beginning of the names of all factor fields."""


def factor_field(team: str, rep: str) -> str:
    """Field: the factor on the rep's weight in the team, by results, in thousandths; 0 means 1000."""
    return f"{FACTORS}{team}:{rep}"


RETURNED: Final = "returned:"
"""The beginning of the names of all fields of returned credit."""
UNITS: Final[Mapping[str, Unit]] = {"credit": "leads", "points": "points"}
"""The unit of the fields that hold credits, by the first part of their names."""


def is_credit(field: str) -> bool:
    """Whether a field of that name holds credits."""
    return field.partition(":")[0] in UNITS


def returned_field(team: str, unit: Unit = "leads") -> str:
    """Field: the credit that refunds gave back to reps of the team, in billionths, until it is evened out."""
    return f"{RETURNED}{unit}:{team}"


NOT_REFUNDED: Final = ("last:", "served:", "given:", "largest:", RETURNED)
"""Beginnings of fields that no refund changes: they count what a team gave, and a returned lead was given."""

PERMANENT: Final = ("credit:", "points:", FACTORS, *NOT_REFUNDED)
"""Beginnings of fields that live as long as their team; other fields are for one day, or are recounted."""


class Book(Struct, frozen=True):
    """The fields of the share book as the store keeps them; a missing field is 0."""

    fields: Mapping[str, int] = field(default_factory=dict)

    def value(self, name: str) -> int:
        """The whole number in the field of that name."""
        return self.fields.get(name, 0)

    def credit(self, team: str, rep: str, unit: Unit = "leads") -> int:
        """The rep's credit in the team, in billionths of the unit; negative when the rep is ahead."""
        return self.value(credit_field(team, rep, unit))

    def open_leads(self, rep: str) -> int:
        """The number of leads that the rep has open."""
        return self.value(open_field(rep))

    def served(self, team: str) -> int:
        """The number of leads that the team's shares have given."""
        return self.value(served_field(team))

    def given(self, team: str) -> int:
        """The points that the team has given by value."""
        return self.value(given_field(team))

    def largest(self, team: str) -> int:
        """The points of the most valuable lead that the team has given by value; 0 before the first."""
        return self.value(largest_field(team))

    def last(self, team: str, rep: str) -> int:
        """The team's count of served leads when the rep last got one; 0 means never."""
        return self.value(last_field(team, rep))

    def owed(self, team: str, unit: Unit = "leads") -> int:
        """The credit that the team owes to its reps together, in billionths of the unit."""
        beginning = credit_field(team, "", unit)
        return sum(value for name, value in self.fields.items() if name.startswith(beginning) and value > 0)

    def returned(self, team: str, unit: Unit = "leads") -> int:
        """The credit from refunds that the next leads have still to even out, in billionths of the unit."""
        noted = self.value(returned_field(team, unit))
        return min(noted, self.owed(team, unit)) if noted > 0 else 0

    def apply(self, changes: Mapping[str, int]) -> Book:
        """A new book with the changes added; this one stays as it is."""
        fields = dict(self.fields)
        add_changes(fields, changes)
        return Book(fields)


def add_changes(fields: dict[str, int], changes: Mapping[str, int]) -> None:
    """Add the changes to these fields in place; a book on them shows the changes at once.

    For a batch, where a copy of the book for each lead would cost more than its decision.
    """
    for name, change in changes.items():
        fields[name] = fields.get(name, 0) + change


class _Changed(Mapping[str, int]):
    """Fields with changes added as they are read; no other field is read."""

    __slots__ = ("_changes", "_fields")

    def __init__(self, fields: Mapping[str, int], changes: Mapping[str, int]) -> None:
        self._fields, self._changes = fields, changes

    def __getitem__(self, name: str) -> int:
        change = self._changes.get(name)
        return self._fields[name] if change is None else self._fields.get(name, 0) + change

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self._fields), **self._changes})

    def __len__(self) -> int:
        return len(self._fields.keys() | self._changes.keys())


def changed(book: Book, changes: Mapping[str, int]) -> Book:
    """The book with the changes added, as `Book.apply`, but reading only the fields that are asked for."""
    return Book(_Changed(book.fields, changes)) if changes else book


def received(rep: str, *, day: date) -> dict[str, int]:
    """The changes when the rep receives one lead on that local day, by any method."""
    return {open_field(rep): 1, today_field(day, rep): 1}


def closed(rep: str) -> dict[str, int]:
    """The changes when one of the rep's leads is no longer open (worked, lost or taken away)."""
    return {open_field(rep): -1}


REFUNDED: Final = ("taken_by_a_person", "not_reassigned", "restored", "gone", "owner_refused")
"""Events that refund what their decision paid: the rep never had the lead, so it counts for nobody."""


def refund_of(paid: Mapping[str, int]) -> dict[str, int]:
    """The changes that refund what a decision added to the book, except the counts in `NOT_REFUNDED`.

    Credit that comes back is noted as returned, too. `leads/finish.lua` refunds in the same way.
    """
    back = {name: -change for name, change in paid.items() if change and not name.startswith(NOT_REFUNDED)}
    for name, change in tuple(back.items()):
        kind, _, rest = name.partition(":")
        if kind in UNITS and change > 0:
            noted = returned_field(rest.partition(":")[0], UNITS[kind])
            back[noted] = back.get(noted, 0) + change
    return back


def back_from(rep: str | None, paid: Mapping[str, int]) -> dict[str, int]:
    """The changes when a lead leaves the rep: a refund of `paid`, or one open lead less."""
    return refund_of(paid) if paid else closed(rep) if rep else {}
