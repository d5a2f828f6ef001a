"""The follow-ups of leads that were decided once more because their facts came late."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from router.ledger.decision_columns import DecisionColumns
from router.ledger.follow_ups.ended import lock
from router.ledger.follow_ups.updates import row_update
from router.ledger.querying import AT_A_TIME, no_index
from router.ledger.tables import FOLLOW_UPS


def replace_revised(connection: Connection, decisions: Sequence[DecisionColumns], *, portal: str) -> None:
    """Delete the rows that these revisions replace: nobody had begun, so they count for nobody.

    A rep who keeps the lead has it since the row that is replaced.
    """
    revisions = [one for one in decisions if one.is_revision and one.mode == "live"]
    if not revisions:
        return
    running = _running(connection, sorted({one.contact_id for one in revisions}), portal=portal)
    replaced: set[str] = set()
    since: dict[str, str] = {}
    for one in revisions:
        rows = running.get(one.contact_id, ())
        before = [row for row in rows if _episode(row.decision_id) < one.episode]
        replaced.update(row.decision_id for row in before)
        if before and before[-1].owner_id == one.outcome.owner_id:
            since[one.id] = since.get(before[-1].decision_id, before[-1].assigned_at)
    _write(connection, replaced, since, portal=portal)


def _write(
    connection: Connection, replaced: Collection[str], since: Mapping[str, str], *, portal: str
) -> None:
    lock(connection, {*replaced, *since}, portal=portal)
    if replaced:
        mine = (FOLLOW_UPS.c.portal == portal, FOLLOW_UPS.c.decision_id == bindparam("row"))
        connection.execute(delete(FOLLOW_UPS).where(*mine), [{"row": one} for one in sorted(replaced)])
    if since:
        rows = row_update(portal).values(assigned_at=bindparam("at"))
        connection.execute(rows, [{"row": one, "at": at} for one, at in sorted(since.items())])


def _running(connection: Connection, contacts: Sequence[str], *, portal: str) -> dict[str, list[Any]]:
    """The follow-ups of these contacts that have not ended, by contact, in the order of their decisions."""
    running: dict[str, list[Any]] = {}
    for start in range(0, len(contacts), AT_A_TIME):
        query = select(
            FOLLOW_UPS.c.contact_id,
            FOLLOW_UPS.c.decision_id,
            FOLLOW_UPS.c.owner_id,
            FOLLOW_UPS.c.assigned_at,
        ).where(
            no_index(FOLLOW_UPS.c.portal) == portal,
            FOLLOW_UPS.c.contact_id.in_(contacts[start : start + AT_A_TIME]),
            FOLLOW_UPS.c.ended_at.is_(None),
        )
        for row in connection.execute(query):
            running.setdefault(row.contact_id, []).append(row)
    for rows in running.values():
        rows.sort(key=lambda row: _episode(row.decision_id))
    return running


def _episode(decision_id: str) -> int:
    """The episode in a decision's id; its time would not tell, because a kept lead has an earlier one."""
    return int(decision_id.rsplit("-", 2)[1])
