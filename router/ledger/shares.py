"""The sum of what all decisions added to the book of shares: enough to write the book anew."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

import orjson
from sqlalchemy import Connection, insert, select

from router.ledger.querying import PortalTables, no_index
from router.ledger.rewriting.book_changes import COLUMNS, changes_in, refundable_in
from router.ledger.tables import DECISIONS, EVENTS
from router.policy.shares.share_book import REFUNDED, refund_of

BLOCK: Final = 5_000


class Shares(PortalTables):
    """The shares of one portal, computed from its ledger."""

    def book(self) -> tuple[dict[str, int], int]:
        """The fields of the book from all decisions, refunds and grants, and the number of decisions.

        It takes about a second per hundred thousand decisions. Its open leads are those that were given: only
        HubSpot knows which are still open.
        """
        book: dict[str, int] = {}
        count = 0
        query = select(DECISIONS.c.id, DECISIONS.c.outcome, *COLUMNS).where(
            DECISIONS.c.portal == self._portal
        )
        with self._database.connect() as connection:
            refunded = self._refunded(connection)
            rows = connection.execution_options(yield_per=BLOCK).execute(query)
            for decision_id, *columns in rows:
                add_changes(book, lasting_changes(*columns, refunded=decision_id in refunded))
                count += 1
            for added in self._nameless(connection):
                add_changes(book, added)
        return {name: value for name, value in book.items() if value}, count

    def keep_totals(self, connection: Connection, contact_id: str) -> None:
        """Store what a contact's decisions have added, without its id, before its rows are deleted."""
        query = select(DECISIONS.c.id, DECISIONS.c.decided_at, DECISIONS.c.outcome, *COLUMNS).where(
            no_index(DECISIONS.c.portal) == self._portal, DECISIONS.c.contact_id == contact_id
        )
        rows = connection.execute(query).all()
        added: dict[str, int] = {}
        refunded = self._refunded(connection, contact_id)
        for row in rows:
            columns = (row.outcome, row.book_changes, row.record)
            add_changes(added, lasting_changes(*columns, refunded=row.id in refunded))
        added = {name: value for name, value in added.items() if value}
        if not added:
            return
        totals = {
            "id": f"{self._portal}-erased-{secrets.token_hex(8)}",
            "portal": self._portal,
            "contact_id": "",
            "at": f"{max(row.decided_at for row in rows)[:10]}T00:00:00+00:00",  # the day is no trace
            "kind": "erased",
            "decision_id": None,
            "detail": orjson.dumps({"book": added}).decode(),
        }
        connection.execute(insert(EVENTS).values(totals))

    def _refunded(self, connection: Connection, contact_id: str | None = None) -> frozenset[str]:
        query = select(EVENTS.c.decision_id).where(
            EVENTS.c.kind.in_(REFUNDED), EVENTS.c.decision_id.is_not(None)
        )
        if contact_id is None:
            query = query.where(EVENTS.c.portal == self._portal)
        else:
            query = query.where(no_index(EVENTS.c.portal) == self._portal, EVENTS.c.contact_id == contact_id)
        return frozenset(connection.execute(query).scalars())

    def _nameless(self, connection: Connection) -> list[Mapping[str, int]]:
        """Additions that belong to no lead: granted credit, weights, and what is left of erased contacts."""
        query = select(EVENTS.c.detail).where(
            no_index(EVENTS.c.portal) == self._portal, EVENTS.c.contact_id == ""
        )
        # Grants of the first versions do not name what they added.
        return [orjson.loads(detail).get("book", {}) for detail in connection.execute(query).scalars()]


def lasting_changes(
    outcome: str, book_changes: str | None, record: str | None, *, refunded: bool
) -> Mapping[str, int]:
    """A decision's lasting additions to the book; of a refunded one only those that a refund keeps.

    After the outcome come the row's `COLUMNS`.
    """
    changes = changes_in(book_changes, record)
    if refunded and outcome == "assigned":
        add_changes(changes, refund_of(refundable_in(book_changes, record)))
    return changes


def add_changes(book: dict[str, int], changes: Mapping[str, int]) -> None:
    """Add changes to the fields of a book."""
    for name, change in changes.items():
        book[name] = book.get(name, 0) + change
