"""The triggers of a second decision: pushed out of a queue, claimed, released, reassigned or revised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from msgspec import Struct, field

from router.policy.shares.share_book import NOT_REFUNDED, add_changes, back_from
from router.timestamps import in_iso

LONGEST_WHY: Final = 120
"""Largest number of characters kept of a rep's reason for releasing a lead."""


class Pushed(Struct, frozen=True):
    """The lead leaves its queue: nobody claimed it in time, or a rep became eligible.

    The `push_after` of the rule counts as over.
    """


class Claimed(Struct, frozen=True):
    """The rep takes the lead out of the team's queue."""

    rep: str
    team: str


class Released(Struct, frozen=True):
    """The rep gives the lead back to the team's queue; `why` is the rep's own text.

    `paid` holds the book changes of the decision that gave the lead to the rep; they are refunded.
    """

    rep: str
    team: str
    why: str
    paid: Mapping[str, int] = field(default_factory=dict)


class ToQueue(Struct, frozen=True):
    """Send the lead to the queue of this team, where a rep can claim it."""

    team: str


class ToOwner(Struct, frozen=True):
    """Give the lead to this HubSpot owner; if the owner is deactivated by then, the rules decide."""

    owner_id: str


class PushedOut(Struct, frozen=True):
    """Give the lead to a rep by fair share, even where the rule sends its leads to a queue."""


Destination: TypeAlias = ToQueue | ToOwner | PushedOut


class Reassigned(Struct, frozen=True):
    """The lead is taken from the owner `owner_id` ("" for none); `why` is in the policy's language.

    `rep` is the owner's name if the owner is in `team.yaml`; `run` names the run or person who moved the
    lead. The rule named `rule` decides if it still exists, else the first rule that holds; `to` overrides
    the destination of that rule. `paid` holds the book changes to refund, if the owner never had a chance
    to work the lead.
    """

    owner_id: str
    rep: str | None
    why: str
    run: str
    rule: str | None = None
    to: Destination | None = None
    paid: Mapping[str, int] = field(default_factory=dict)


class Revised(Struct, frozen=True):
    """Facts came or changed, and nobody has begun: the rules decide once more.

    `owner_id` is the owner by the decision before ("" for none), `rep` their name if they are in `team.yaml`,
    `due_at` (aware UTC) when the lead is due by it. `facts` are those that came or changed. `paid` holds what
    that decision added to the book, and is refunded. `told`: the rep knows of the lead.
    """

    owner_id: str
    rep: str | None
    facts: tuple[str, ...] = ()
    due_at: datetime | None = None
    paid: Mapping[str, int] = field(default_factory=dict)
    told: bool = False


Trigger: TypeAlias = Pushed | Claimed | Released | Reassigned | Revised


def paid_alone(changes: Mapping[str, int], trigger: Trigger | None) -> Mapping[str, int]:
    """The book changes of a decision without a revision's refund of the decision before.

    Counts that no refund changes are left out then: the rest is what a refund of this decision takes back.
    """
    if not isinstance(trigger, Revised):
        return changes
    own = dict(changes)
    add_changes(own, {name: -change for name, change in back_from(trigger.rep, trigger.paid).items()})
    return {name: change for name, change in own.items() if change and not name.startswith(NOT_REFUNDED)}


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
        case Revised(owner_id, rep, facts, due_at, paid, told):
            due = None if due_at is None else in_iso(due_at)
            holder = {"owner_id": owner_id, "rep": rep, "due_at": due, "told": told}
            return {"kind": "revised", **holder, "facts": list(facts), "paid": dict(paid)}


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
        case {"kind": "revised", "owner_id": owner_id, "rep": rep, "facts": facts, "due_at": due}:
            due_at = None if due is None else datetime.fromisoformat(due)
            return Revised(owner_id, rep, tuple(facts), due_at, dict(written["paid"]), written["told"])
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
