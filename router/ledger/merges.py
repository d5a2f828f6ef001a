"""Merged contacts: which ids name the same person, and whose rows go on under the id that is left.

An old id keeps two events for ever: `merged` under itself names the id that is left, and `merged_from` under
that id names it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select, update

from router.ledger.querying import AT_A_TIME, PortalTables, no_index
from router.ledger.tables import DECISIONS, EVENTS, FOLLOW_UPS

MERGED: Final = "merged"
MERGED_FROM: Final = "merged_from"
_LINKS: Final = (MERGED, MERGED_FROM)
MOST_IDS: Final = AT_A_TIME
"""Ids of one person that are followed: more than HubSpot lets anybody merge."""


class Merges(PortalTables):
    """The merged contacts of one portal. Everything here is safe to repeat."""

    def same_person(self, contact_id: str) -> tuple[str, ...]:
        """This id first, then every other one that merges of contacts have made the same; in no order."""
        known, new = {contact_id: None}, [contact_id]
        while new and len(known) < MOST_IDS:
            query = select(EVENTS.c.kind, EVENTS.c.detail).where(
                no_index(EVENTS.c.portal) == self._portal,
                EVENTS.c.contact_id.in_(new),
                no_index(EVENTS.c.kind).in_(_LINKS),
            )
            found = [_other_id(row.kind, orjson.loads(row.detail)) for row in self.rows(query)]
            new = [one for one in dict.fromkeys(found) if one and one not in known]
            known.update(dict.fromkeys(new))
        return tuple(known)

    def note(self, old_ids: Collection[str], *, into: str, goes_on: str | None, at: datetime) -> None:
        """Record that these contacts live on as `into` since `at` (aware UTC).

        The decisions, events and follow-ups of `goes_on`, one of them, are those of `into` from now on.
        """
        moment = at.isoformat()
        rows = [self._row(one, MERGED, {"into": into, "goes_on": one == goes_on}, moment) for one in old_ids]
        rows += [self._row(into, MERGED_FROM, {"contact": one}, moment) for one in old_ids]
        for row, one in zip(rows, (*old_ids, *old_ids), strict=True):
            row["id"] = f"{self._portal}-{row['kind']}-{one}-{into}"

        def write(connection: Connection) -> None:
            if goes_on is not None:
                self._rename(connection, goes_on, into)
            self.add(connection, EVENTS, rows)

        if rows:
            self._database.write(write)

    def _rename(self, connection: Connection, old_id: str, new_id: str) -> None:
        for table in (DECISIONS, FOLLOW_UPS, EVENTS):
            mine = [no_index(table.c.portal) == self._portal, table.c.contact_id == old_id]
            if table is EVENTS:
                mine.append(no_index(EVENTS.c.kind).not_in(_LINKS))
            connection.execute(update(table).where(*mine).values(contact_id=new_id))

    def _row(self, contact_id: str, kind: str, detail: Mapping[str, Any], at: str) -> dict[str, Any]:
        return {
            "id": "",
            "portal": self._portal,
            "contact_id": contact_id,
            "at": at,
            "kind": kind,
            "decision_id": None,
            "detail": orjson.dumps(detail).decode(),
        }


def _other_id(kind: str, detail: Mapping[str, Any]) -> str:
    return str(detail.get("into" if kind == MERGED else "contact") or "")
