"""The follow-ups that begin: leads that a decision gave to a rep, or that a rep took out of a queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from router.ledger.decision_columns import DecisionColumns
from router.ledger.querying import no_index
from router.ledger.tables import DECISIONS

CLAIMED: Final = "claimed_in_hubspot"
"""The event of a waiting lead that a rep took by becoming its owner in HubSpot."""


def assigned_rows(decisions: Sequence[DecisionColumns], *, portal: str) -> list[dict[str, Any]]:
    """The rows of those decisions that gave a rep a lead."""
    return [
        {
            "portal": portal,
            "decision_id": one.id,
            "contact_id": one.contact_id,
            "team": one.outcome.team,
            "rep": one.outcome.rep,
            "owner_id": one.outcome.owner_id,
            "rule": one.rule,
            "revision": one.revision,
            "score": one.score,
            "assigned_at": one.decided_at,
            "due_at": one.due_at,
        }
        for one in decisions
        if one.outcome.kind == "assigned" and one.mode == "live"
    ]


def claimed_rows(
    connection: Connection, events: Sequence[tuple[str, str, Mapping[str, Any]]], *, portal: str
) -> list[dict[str, Any]]:
    """The rows of leads that were taken out of a queue in HubSpot; these have no due time.

    The decision is the one that had put the lead into the queue.
    """
    rows = []
    for _, contact_id, event in events:
        if event["kind"] != CLAIMED:
            continue
        query = (
            select(DECISIONS)
            .where(
                no_index(DECISIONS.c.portal) == portal,
                DECISIONS.c.contact_id == contact_id,
                DECISIONS.c.outcome == "queued",
            )
            .order_by(DECISIONS.c.episode.desc())
        )
        queued = connection.execute(query.limit(1)).first()
        if queued is not None:
            rows.append(
                {
                    "portal": portal,
                    "decision_id": queued.id,
                    "contact_id": contact_id,
                    "team": queued.team,
                    "rep": event.get("rep"),
                    "owner_id": event["owner_id"],
                    "rule": queued.rule,
                    "revision": queued.revision,
                    "score": queued.score,
                    "assigned_at": event["at"],
                    "due_at": None,
                }
            )
    return rows
