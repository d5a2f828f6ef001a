"""The follow-ups that end: their leads went to another owner, or never were their reps'."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, select

from router.ledger.decision_columns import DecisionColumns
from router.ledger.follow_ups.updates import row_update
from router.ledger.querying import AT_A_TIME, no_index
from router.ledger.tables import FOLLOW_UPS

NEVER_THEIRS: Final = frozenset({"taken_by_a_person", "restored", "gone", "owner_refused", "shadowed"})
"""Events after which a decision counts as having given no lead."""
ENDS: Final = frozenset({"changed_by_a_person", "owner_changed", "deleted"})
"""Events after which the lead has another owner, or none."""


class _Left(Struct, frozen=True):
    """A lead that has left its rep at `at` (ISO), by the decision `to` if it was one of ours."""

    contact_id: str
    at: str
    to: str | None = None


def close_left(
    connection: Connection,
    decisions: Sequence[DecisionColumns],
    events: Sequence[tuple[str, str, Mapping[str, Any]]],
    *,
    portal: str,
) -> None:
    """Close the rows of leads that these decisions and events gave to another owner.

    Rows whose lead the rep never had are deleted. Revisions have replaced theirs already.
    """
    left = [
        _Left(one.contact_id, one.decided_at, to=one.id)
        for one in decisions
        if one.episode > 0 and one.mode == "live" and not one.is_revision
    ]
    left += [_Left(contact, event["at"]) for _, contact, event in events if event["kind"] in ENDS]
    refuted = (event for _, _, event in events if event["kind"] in NEVER_THEIRS)
    never = {str(event["decision"]) for event in refuted if event.get("decision")}
    ended = _ended(connection, left, portal=portal)
    lock(connection, never | ended.keys(), portal=portal)
    if never:
        mine = (FOLLOW_UPS.c.portal == portal, FOLLOW_UPS.c.decision_id == bindparam("row"))
        connection.execute(delete(FOLLOW_UPS).where(*mine), [{"row": one} for one in sorted(never)])
    end(connection, ended, portal=portal)


def end(connection: Connection, ended: Mapping[str, str], *, portal: str) -> None:
    """Close the running rows of these decisions, each at its time (ISO)."""
    if ended:
        rows = row_update(portal).where(FOLLOW_UPS.c.ended_at.is_(None)).values(ended_at=bindparam("at"))
        connection.execute(rows, [{"row": one, "at": at} for one, at in sorted(ended.items())])


def _ended(connection: Connection, left: Sequence[_Left], *, portal: str) -> dict[str, str]:
    """By decision id: when (ISO) the running follow-ups of these leads ended."""
    contacts = sorted({one.contact_id for one in left})
    running: dict[str, list[Any]] = {}
    for start in range(0, len(contacts), AT_A_TIME):
        query = select(FOLLOW_UPS.c.contact_id, FOLLOW_UPS.c.decision_id, FOLLOW_UPS.c.assigned_at).where(
            no_index(FOLLOW_UPS.c.portal) == portal,
            FOLLOW_UPS.c.contact_id.in_(contacts[start : start + AT_A_TIME]),
            FOLLOW_UPS.c.ended_at.is_(None),
        )
        for row in connection.execute(query):
            running.setdefault(row.contact_id, []).append(row)
    ended: dict[str, str] = {}
    for one in left:
        for row in running.get(one.contact_id, ()):
            if row.assigned_at <= one.at and row.decision_id != one.to:
                ended.setdefault(row.decision_id, one.at)
    return ended


def lock(connection: Connection, decision_ids: Collection[str], *, portal: str) -> None:
    """Lock these rows in the order of their ids; SQLite has locked the whole database."""
    if connection.dialect.name == "sqlite":
        return
    ids = sorted(decision_ids)
    for start in range(0, len(ids), AT_A_TIME):
        some = FOLLOW_UPS.c.decision_id.in_(ids[start : start + AT_A_TIME])
        query = select(FOLLOW_UPS.c.decision_id).where(FOLLOW_UPS.c.portal == portal, some)
        # Sorted like Python sorts, whatever the database's language.
        connection.execute(query.order_by(FOLLOW_UPS.c.decision_id.collate("C")).with_for_update())
