"""How often leads waited for each fact, and the advice not to wait for one that hardly ever comes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from router.policy.leads.settle import Settle, Settled
from router.policy.rules.facts import sources_of

ENOUGH_WAITS: Final = 20
"""Smallest number of waits for a fact that says anything about it."""
HARDLY_EVER: Final = 0.05
"""A fact that came in a smaller share of its waits hardly ever comes."""


class FactWaits(Struct, frozen=True):
    """The waits for one fact: `came` of `waited` ended with it known.

    `lost_s` are the seconds of the other waits; where a lead waited for several facts, they count for each.
    `never_late` are the contact properties that the rule files should name so, because no lead gains anything
    by waiting for them.
    """

    fact: str
    waited: int
    came: int
    lost_s: float
    never_late: tuple[str, ...] = ()

    @property
    def hardly_ever_comes(self) -> bool:
        """Whether the waits are many and the fact came in fewer than one of twenty."""
        return self.waited >= ENOUGH_WAITS and self.came < HARDLY_EVER * self.waited


def fact_waits(waits: Iterable[Settled], *, settle: Settle) -> tuple[FactWaits, ...]:
    """The waits for each fact, the most seconds lost first; one pass, in memory that grows with the facts.

    `settle` says which properties are named `never_late` already.
    """
    counted: dict[str, _Count] = {}
    for one in waits:
        if not one.waited_ms:
            continue
        for fact in one.waited_for:
            count = counted.setdefault(fact, _Count())
            count.waited += 1
            if fact in one.still_open:
                count.lost_ms += one.waited_ms
            else:
                count.came += 1
    found = [FactWaits(fact, one.waited, one.came, one.lost_ms / 1000) for fact, one in counted.items()]
    worth_it = {name for one in found if not one.hardly_ever_comes for name in _properties(one.fact)}
    found.sort(key=lambda one: (-one.lost_s, one.fact))
    return tuple(
        replace(one, never_late=tuple(filter(settle.comes_late, _useless(one, worth_it)))) for one in found
    )


@dataclass(slots=True)
class _Count:
    waited: int = 0
    came: int = 0
    lost_ms: int = 0


def _useless(one: FactWaits, worth_it: Collection[str]) -> list[str]:
    """The properties of a fact that hardly ever comes, but for those that bring another fact."""
    if not one.hardly_ever_comes:
        return []
    return [name for name in _properties(one.fact) if name not in worth_it]


def _properties(fact: str) -> tuple[str, ...]:
    of_contact, _ = sources_of(fact)
    return of_contact
