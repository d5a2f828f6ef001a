"""What must hold when everything is quiet again, read from the portal alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from router.sandbox.http.client import SandboxClient


@dataclass(frozen=True, slots=True)
class Verdict:
    """What went wrong, by contact id; and how far any rep is from the fair share, in leads."""

    lost: tuple[str, ...]
    two_owners: tuple[str, ...]
    overwritten: tuple[str, ...]
    deviation: Fraction

    @property
    def sound(self) -> bool:
        """True when no lead was lost or owned twice, and no person's choice is covered."""
        return not (self.lost or self.two_owners or self.overwritten)


def check(sandbox: SandboxClient, ids: Sequence[str], *, weights: Mapping[str, int]) -> Verdict:
    """Judge the portal: `weights` by owner id of the one team that all leads go to."""
    contacts = {one["id"]: one["owner"] or "" for one in sandbox.contacts(brief=True)}
    chosen = {choice["contact"]: choice["owner"] for choice in sandbox.human_choices()}
    written: dict[str, set[str]] = {}
    for write in sandbox.writes():
        if write["owner"] and write["owner"] != chosen.get(write["id"]):
            written.setdefault(write["id"], set()).add(write["owner"])
    received = Counter(contacts[one] for one in ids if one not in chosen)
    total, weight = sum(received.values()), sum(weights.values())
    return Verdict(
        lost=tuple(one for one in ids if not contacts.get(one)),
        two_owners=tuple(one for one, owners in written.items() if len(owners) > 1),
        overwritten=tuple(one for one, owner in chosen.items() if contacts.get(one) != owner),
        deviation=max(
            abs(received[owner] - Fraction(total * share, weight)) for owner, share in weights.items()
        ),
    )
