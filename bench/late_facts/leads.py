"""Leads whose facts come late: what each has at creation, what comes later, and when."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from router.sandbox.people.people import Person, people

GROUPS: Final = (
    ("zip", "city", "country", "hs_country_region_code"),
    ("jobtitle", "phone"),
    ("type_demande",),
    ("produit_interesse", "langue"),
)
"""Properties that one step of a form, or one enrichment, brings together."""
COMPLETE_SHARE: Final = 0.4
SOON_SHARE: Final = 0.4
"""Shares of the leads that are complete at creation, and within `SOON_S`; the others within `LONG_S`."""
SOON_S: Final = (0.5, 10.0)
LONG_S: Final = (10.0, 600.0)


@dataclass(frozen=True)
class LateLead:
    """A lead: its properties at creation, the step that completes it, and its properties in the end."""

    first: dict[str, str]
    rest: dict[str, str]
    after_s: float
    """Seconds from creation to the rest; 0 for a lead that is complete at creation."""

    @property
    def complete(self) -> dict[str, str]:
        """Every property that the lead has in the end, but for its company."""
        return {**self.first, **self.rest}

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The later steps as the sandbox portal takes them."""
        return [{"properties": self.rest, "source": "FORM", "after_s": self.after_s}] if self.rest else []


def draw(count: int, *, seed: int, today_ms: int, scale: float = 1.0) -> tuple[list[LateLead], list[Any]]:
    """`count` leads, and the companies that they can be linked to. `scale` shortens the long span."""
    chance = random.Random(seed)
    persons = list(people(count, seed=seed, today_ms=today_ms, taken=()))
    companies = [person.company for person in persons if person.company is not None]
    return list(_leads(persons, chance, scale=scale)), companies


def _leads(persons: Sequence[Person], chance: random.Random, *, scale: float) -> Iterator[LateLead]:
    for person in persons:
        drawn = chance.random()
        if drawn < COMPLETE_SHARE:
            yield LateLead(person.contact, {}, 0.0)
            continue
        is_soon = drawn < COMPLETE_SHARE + SOON_SHARE
        least_s, most_s = SOON_S if is_soon else (LONG_S[0], max(LONG_S[0], LONG_S[1] * scale))
        late = {name for group in chance.sample(GROUPS, chance.randint(1, len(GROUPS))) for name in group}
        rest = {name: value for name, value in person.contact.items() if name in late and value}
        first = {name: value for name, value in person.contact.items() if name not in late}
        yield LateLead(first, rest, chance.uniform(least_s, most_s))
