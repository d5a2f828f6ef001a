"""Why a lead is decided once more: its queue pushes it, a rep claims it, or a rep gives it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

LONGEST_WHY: Final = 120
"""Characters of the reason that a rep gives for a lead they give back."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """Nobody claimed the lead in time, or somebody may take it by now: a `push_after` counts as over."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A rep takes the lead out of the team's queue."""

    rep: str
    team: str


@dataclass(frozen=True, slots=True)
class Released:
    """A rep gives the lead back to the team's queue, for a reason in their words.

    `paid` is what the decision that gave it to them added to the book, and is taken back.
    """

    rep: str
    team: str
    why: str
    paid: Mapping[str, int] = field(default_factory=dict)


Occasion: TypeAlias = Pushed | Claimed | Released


def occasion_as_record(occasion: Occasion) -> dict[str, Any]:
    """The occasion as JSON-ready values."""
    match occasion:
        case Pushed():
            return {"kind": "pushed"}
        case Claimed(rep, team):
            return {"kind": "claimed", "rep": rep, "team": team}
        case Released(rep, team, why, paid):
            return {"kind": "released", "rep": rep, "team": team, "why": why, "paid": dict(paid)}


def occasion_of_record(written: Mapping[str, Any] | None) -> Occasion | None:
    """The occasion that `occasion_as_record` wrote; None stands for a new lead. Raises ValueError."""
    match written:
        case None:
            return None
        case {"kind": "pushed"}:
            return Pushed()
        case {"kind": "claimed", "rep": rep, "team": team}:
            return Claimed(rep, team)
        case {"kind": "released", "rep": rep, "team": team, "why": why, "paid": paid}:
            return Released(rep, team, why, dict(paid))
    raise ValueError(f"The record's occasion is {written!r}, which no decision has.")
