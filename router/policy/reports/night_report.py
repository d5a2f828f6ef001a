"""What a night did: what moved, from whom to whom and why, what did not, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

Outcome = Literal["moved", "refused", "parked", "pending", "held"]
"""Moved to somebody; refused because a person was faster, or nothing fitted any more; parked; still on its
way when the report was written; or held by the brake."""
Note = Literal["", "person", "deleted", "begun", "over", "changed", "unknown"]
"""Why a lead was left: a person chose an owner, it was deleted, work on it has begun, the reason is over, it
moved on by itself, or it is not remembered any more."""
OUTCOMES: Final[tuple[Outcome, ...]] = ("moved", "refused", "parked", "pending", "held")


@dataclass(frozen=True, slots=True)
class NightMove:
    """One lead that the night moved or would move.

    `came_from` is a rep, an owner's name or "" for a queue; `goes_to` likewise, or a team's queue. `moment`
    (ISO, or "") goes with the reason: back at work, due or queued since. `note` is why it was left.
    """

    contact_id: str
    reason: str
    moment: str
    came_from: str
    goes_to: str
    rule: str
    outcome: Outcome
    note: Note = ""


@dataclass(frozen=True, slots=True)
class Brake:
    """The brake held `moves`, because they were more than `limit`: a count, or a share of `open_leads`.

    `approved_by` and `approved_at` (ISO) are empty while nobody has approved.
    """

    by: Literal["count", "share"]
    moves: int
    limit: int
    open_leads: int
    approved_by: str = ""
    approved_at: str = ""

    @property
    def holds(self) -> bool:
        """Whether it waits for somebody's approval still."""
        return not self.approved_at


@dataclass(frozen=True, slots=True)
class NightReport:
    """One night (ISO date `day`), begun and ended at those moments (ISO, UTC).

    `found` contacts had not been announced, `repaired` leads were not on record as decided, `looked_at` open
    leads were judged, `stayed` counts by why those with a reason to move that stay. `drifted` are sentences
    on what the portal has changed. `moves` may be a part of all; `reasons` and `outcomes` count all of them.
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
        """How many leads had a reason to move and somewhere to go."""
        return sum((self.outcomes or {}).values())

    def count(self, outcome: Outcome) -> int:
        """How many leads ended like that."""
        return (self.outcomes or {}).get(outcome, 0)

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing that anybody has to know."""
        return not self.planned and not self.drifted and self.brake is None

    def with_moves(self, moves: Iterable[NightMove]) -> NightReport:
        """The report of these moves, counted."""
        told = tuple(moves)
        return replace(
            self,
            moves=told,
            reasons=dict(Counter(one.reason for one in told)),
            outcomes=dict(Counter(one.outcome for one in told)),
        )


def report_as_record(report: NightReport) -> dict[str, Any]:
    """The report as JSON-ready values, without its moves: those are kept one by one."""
    record = asdict(replace(report, moves=()))
    del record["moves"]
    return record


def report_of_record(record: Mapping[str, Any], moves: Iterable[NightMove] = ()) -> NightReport:
    """What `report_as_record` wrote, with its moves."""
    brake = record.get("brake")
    return NightReport(
        **{
            **record,
            "drifted": tuple(record.get("drifted", ())),
            "brake": Brake(**brake) if brake else None,
            "moves": tuple(moves),
        }
    )
