"""Changes of single follow-ups: what HubSpot showed, and the contact that is erased."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, Update, bindparam, func, select, update

from router.ledger.querying import no_index
from router.ledger.tables import FOLLOW_UPS
from router.policy.results.follow_up import Ending


class Seen(Struct, frozen=True):
    """The state of a lead in HubSpot now. A first response that is known already is kept.

    Times are aware UTC.
    """

    decision_id: str
    status: str | None
    stage: str | None
    first_response_at: datetime | None
    outcome: Ending | None
    outcome_at: datetime | None


def note(connection: Connection, seen: Sequence[Seen], *, at: datetime, portal: str) -> None:
    """Store what HubSpot showed at `at` (aware UTC)."""
    rows = row_update(portal).values(
        status=bindparam("its_status"),
        stage=bindparam("its_stage"),
        outcome=bindparam("its_outcome"),
        outcome_at=bindparam("its_outcome_at"),
        first_response_at=func.coalesce(FOLLOW_UPS.c.first_response_at, bindparam("response_at")),
        looked_at=at.isoformat(),
    )
    values = [
        {
            "row": one.decision_id,
            "its_status": one.status,
            "its_stage": one.stage,
            "its_outcome": one.outcome,
            "its_outcome_at": _text(one.outcome_at),
            "response_at": _text(one.first_response_at),
        }
        for one in sorted(seen, key=lambda one: one.decision_id)
    ]
    connection.execute(rows, values)


def note_look(connection: Connection, decision_ids: Collection[str], *, at: datetime, portal: str) -> None:
    """Record that these showed nothing new at `at` (aware UTC)."""
    rows = row_update(portal).values(looked_at=at.isoformat())
    values = [{"row": one} for one in sorted(decision_ids)]
    connection.execute(rows, values)


def forget(connection: Connection, contact_id: str, *, portal: str) -> None:
    """Remove the contact from its rows, which still count for their reps.

    A decision's id is a digest of the contact's, so a random one replaces it.
    """
    query = select(FOLLOW_UPS.c.decision_id).where(
        no_index(FOLLOW_UPS.c.portal) == portal, FOLLOW_UPS.c.contact_id == contact_id
    )
    rows = row_update(portal).values(contact_id=None, decision_id=bindparam("instead"))
    for decision_id in sorted(connection.execute(query).scalars()):
        instead = f"erased-{secrets.token_hex(8)}"
        connection.execute(rows, {"row": decision_id, "instead": instead})


def row_update(portal: str) -> Update:
    """The update of single rows, by the parameter `row`, a decision id."""
    return update(FOLLOW_UPS).where(
        FOLLOW_UPS.c.portal == portal, FOLLOW_UPS.c.decision_id == bindparam("row")
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
