"""The report of a nightly run: its moves with their reasons, leads that stayed, and repairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from router.plain import as_plain

Outcome = Literal["moved", "refused", "parked", "pending", "held"]
"""The outcome of a planned move.

moved: to a new owner or queue · refused: a person was faster, or the move no longer applied · parked ·
pending: not finished when the report was written · held: stopped by the brake.
"""
Note = Literal["", "person", "deleted", "begun", "over", "changed", "unknown"]
"""The reason why a lead was not moved.

person: a person chose an owner · deleted: the contact was deleted · begun: work has begun · over: the reason
for the move is over · changed: the lead moved in another way · unknown: the lead is no longer stored.
"""
OUTCOMES: Final[tuple[Outcome, ...]] = ("moved", "refused", "parked", "pending", "held")


class NightMove(Struct, frozen=True):
    """One lead that the nightly run moved or would move.

    `came_from` is a rep, an owner's name, or "" for a queue; `goes_to` likewise, or a team's queue. `moment`
    (ISO, or "") belongs to the reason: back at work, due, or queued since. `note` is the reason why the
    lead was not moved.
    """

    contact_id: str
    reason: str
    moment: str
    came_from: str
    goes_to: str
    rule: str
    outcome: Outcome
    note: Note = ""


class Brake(Struct, frozen=True):
    """The brake held all `moves` because they exceeded `limit`, by count or by share of `open_leads`.

    `limit` is a number of leads. `approved_by` and `approved_at` (ISO) are empty until a person approves.
    """

    by: Literal["count", "share"]
    moves: int
    limit: int
    open_leads: int
    approved_by: str = ""
    approved_at: str = ""

    @property
    def holds(self) -> bool:
        """Whether the brake still waits for a person's approval."""
        return not self.approved_at


class NightReport(Struct, frozen=True):
    """One nightly run: `day` is an ISO date, `began_at` and `ended_at` are ISO moments in UTC.

    `found`: contacts without a webhook. `repaired`: leads whose HubSpot record differed from the decision.
    `looked_at`: open leads examined. `stayed`: leads with a reason to move that stayed, counted by why.
    `drifted`: sentences about changes in the portal. `moves` may be only a part of all moves; `reasons` and
    `outcomes` count all of them.
    """

    day: str
    began_at: str
    ended_at: str
    found: int = 0
    repaired: int = 0
    looked_at: int = 0
    stayed: Mapping[str, int] | None = None
    drifted: tuple[str, ...] = ()
    brake: Brake | None = None
    reasons: Mapping[str, int] | None = None
    outcomes: Mapping[str, int] | None = None
    moves: tuple[NightMove, ...] = ()

    @property
    def planned(self) -> int:
        """The number of leads with a reason to move and a destination."""
        return sum((self.outcomes or {}).values())

    def count(self, outcome: Outcome) -> int:
        """The number of leads with this outcome."""
        return (self.outcomes or {}).get(outcome, 0)

    @property
    def is_quiet(self) -> bool:
        """Whether the report has nothing that a person has to know: no moves, no drift, no brake."""
        return not self.planned and not self.drifted and self.brake is None

    def with_moves(self, moves: Iterable[NightMove]) -> NightReport:
        """A copy of the report with these moves, counted by reason and by outcome."""
        listed = tuple(moves)
        return replace(
            self,
            moves=listed,
            reasons=dict(Counter(one.reason for one in listed)),
            outcomes=dict(Counter(one.outcome for one in listed)),
        )


def report_as_record(report: NightReport) -> dict[str, Any]:
    """The report as JSON-ready values, without its moves, which are stored one by one."""
    record = as_plain(replace(report, moves=()))
    del record["moves"]
    return record


def report_of_record(record: Mapping[str, Any], moves: Iterable[NightMove] = ()) -> NightReport:
    """The report that `report_as_record` wrote, with these moves."""
    brake = record.get("brake")
    return NightReport(
        **{
            **record,
            "drifted": tuple(record.get("drifted", ())),
            "brake": Brake(**brake) if brake else None,
            "moves": tuple(moves),
        }
    )
