"""Why a lead is decided once more: pushed out of its queue, claimed, given back, or reassigned."""

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


@dataclass(frozen=True, slots=True)
class ToQueue:
    """Into the queue of this team, for whoever claims it."""

    team: str


@dataclass(frozen=True, slots=True)
class ToOwner:
    """To this HubSpot owner; by the rules if they are deactivated by then."""

    owner_id: str


@dataclass(frozen=True, slots=True)
class PushedOut:
    """To a rep, by fair share, even where the rule leaves its leads to a queue."""


Destination: TypeAlias = ToQueue | ToOwner | PushedOut


@dataclass(frozen=True, slots=True)
class Reassigned:
    """The lead is taken from its owner ("" for nobody), because `why` (in the policy's language).

    `rep` is the owner's name if they are a rep of ours, `run` says who had it moved. The rule of the name
    `rule` decides if there still is one, else the first that fits; `to` overrules where it sends the lead.
    `paid` is what the owner's share is given back, if the lead was never theirs to work.
    """

    owner_id: str
    rep: str | None
    why: str
    run: str
    rule: str | None = None
    to: Destination | None = None
    paid: Mapping[str, int] = field(default_factory=dict)


Trigger: TypeAlias = Pushed | Claimed | Released | Reassigned


def trigger_as_record(trigger: Trigger) -> dict[str, Any]:
    """The trigger as JSON-ready values."""
    match trigger:
        case Pushed():
            return {"kind": "pushed"}
        case Claimed(rep, team):
            return {"kind": "claimed", "rep": rep, "team": team}
        case Released(rep, team, why, paid):
            return {"kind": "released", "rep": rep, "team": team, "why": why, "paid": dict(paid)}
        case Reassigned(owner_id, rep, why, run, rule, to, paid):
            taken = {"owner_id": owner_id, "rep": rep, "why": why, "run": run, "rule": rule}
            return {"kind": "reassigned", **taken, "to": _destination_as_record(to), "paid": dict(paid)}


def trigger_of_record(written: Mapping[str, Any] | None) -> Trigger | None:
    """The trigger that `trigger_as_record` wrote; None stands for a new lead. Raises ValueError."""
    match written:
        case None:
            return None
        case {"kind": "pushed"}:
            return Pushed()
        case {"kind": "claimed", "rep": rep, "team": team}:
            return Claimed(rep, team)
        case {"kind": "released", "rep": rep, "team": team, "why": why, "paid": paid}:
            return Released(rep, team, why, dict(paid))
        case {"kind": "reassigned"}:
            to = _destination_of_record(written["to"])
            taken = (written["owner_id"], written["rep"], written["why"], written["run"], written["rule"])
            return Reassigned(*taken, to, dict(written["paid"]))
    raise ValueError(f"The record's trigger is {written!r}, which no decision has.")


def _destination_as_record(to: Destination | None) -> dict[str, str] | None:
    match to:
        case ToQueue(team):
            return {"queue": team}
        case ToOwner(owner_id):
            return {"owner_id": owner_id}
        case PushedOut():
            return {"push": "fair_share"}
        case None:
            return None


def _destination_of_record(written: Mapping[str, str] | None) -> Destination | None:
    match written:
        case {"queue": team}:
            return ToQueue(team)
        case {"owner_id": owner_id}:
            return ToOwner(owner_id)
        case {"push": _}:
            return PushedOut()
        case _:
            return None
