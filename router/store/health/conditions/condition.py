"""What a condition is: a name, a level, when it is true, what to do first, and what is said of it now.

A condition is written as a function that yields one sentence for each occurrence, and none if all is well::

    @condition("degraded", when="no rep of a team has an active HubSpot owner", command="router orphans")
    def team_without_owner(seen: VitalsReading) -> Sentences:
        ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal

from msgspec import Struct

from router.store.health.reading import VitalsReading

Trouble = Literal["degraded", "failing"]
"""*failing*: leads do not reach their reps, or something that was promised is being broken.
*degraded*: leads are routed, and a person should look today."""

Sentences = Iterator[str]

WAITS_S: Final = 600.0
"""Seconds that changes made in HubSpot, the outbox and notices may wait."""
FEW: Final = 5
"""Leads, or deliveries, below which a share says nothing."""


class HealthFinding(Struct, frozen=True):
    """One occurrence of a condition."""

    condition: str
    level: Trouble
    sentence: str
    command: str


class Condition(Struct, frozen=True):
    """Something that can be wrong.

    `when` is what makes it true, in words for the README; `command` is what to do first.
    """

    name: str
    level: Trouble
    when: str
    command: str
    sentences: Callable[[VitalsReading], Sentences]

    def found(self, sentence: str) -> HealthFinding:
        """An occurrence of which `sentence` is said."""
        return HealthFinding(self.name, self.level, sentence, self.command)


def condition(
    level: Trouble, *, when: str, command: str
) -> Callable[[Callable[[VitalsReading], Sentences]], Condition]:
    """Make a condition of a function; the function's name is the condition's."""
    return lambda sentences: Condition(sentences.__name__, level, when, command, sentences)
