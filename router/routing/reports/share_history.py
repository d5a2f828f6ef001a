"""Dated changes, by people and by results, to the number of leads that a rep gets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct

from router.ledger import Ledger
from router.ledger.ledger import LedgerEvent
from router.policy.people.availability import OVERRIDE
from router.policy.people.roster import Unit
from router.policy.shares.share_book import LEAD, credit_field, factor_field
from router.routing.reports.weights import EVENT as WEIGHTS_CHANGED

GRANTED: Final = "credit_granted"
UNITS: Final[tuple[Unit, ...]] = ("leads", "points")
KINDS: Final = (GRANTED, WEIGHTS_CHANGED, OVERRIDE)


class ShareChange(Struct, frozen=True):
    """One change to the rep's leads, at a moment (ISO, UTC); `team` is None where it concerned every team."""

    at: str
    team: str | None
    what: str


def share_changes(rep: str, *, ledger: Ledger, since: datetime) -> tuple[ShareChange, ...]:
    """Credit granted to or paid by the rep, changed weights, and reported absences, in order.

    Raises `sqlalchemy.exc.SQLAlchemyError`.
    """
    found = ledger.events_of_nobody(KINDS, since=since)
    return tuple(changes for event in found for changes in _changes_in(event, rep))


def _changes_in(event: LedgerEvent, rep: str) -> Iterator[ShareChange]:
    match event.kind:
        case "credit_granted":
            yield from _granted(event, rep)
        case "weights_changed":
            yield from _weighed(event, rep)
        case "override" if event.detail["rep"] == rep:
            until = (
                f" until {event.detail['until'][:16].replace('T', ' ')} UTC"
                if "until" in event.detail
                else ""
            )
            sentences = {
                "away": f"said to be away{until}",
                "present": f"said to be there{until}, whatever else is written",
                "lifted": "what was said of them was taken back",
            }
            yield ShareChange(event.at, None, sentences[event.detail["says"]])


def _granted(event: LedgerEvent, rep: str) -> Iterator[ShareChange]:
    team, book = event.detail["team"], event.detail.get("book", {})
    for unit in UNITS:
        field = credit_field(team, rep, unit)
        if field in book:
            whose = "" if event.detail["rep"] == rep else f" for {event.detail['rep']}"
            what = f"{book[field] / LEAD:+.2f} {unit} of credit{whose}: {event.detail['why']}"
            yield ShareChange(event.at, team, what)


def _weighed(event: LedgerEvent, rep: str) -> Iterator[ShareChange]:
    for one in event.detail["teams"]:
        if rep in one["reps"] and factor_field(one["team"], rep) in event.detail.get("book", {}):
            received, won, factor = one["reps"][rep]
            yield ShareChange(
                event.at, one["team"], f"weight times {factor / 1000:.2f}: {won} of {received} leads won"
            )
