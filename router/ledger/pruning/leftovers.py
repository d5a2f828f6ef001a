"""What pruned decisions leave behind: their totals in the share book, and their number by revision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, exists, func, insert, select, update

from router.ledger.querying import no_index
from router.ledger.shares import add_changes, lasting_changes
from router.ledger.tables import DECISIONS, EVENTS, REVISIONS, RULE_CHANGES
from router.policy.shares.share_book import REFUNDED

PRUNED: Final = "pruned"
"""The kind of the one event that holds the totals of a portal's pruned decisions. It names no contact."""


def keep_book_totals(connection: Connection, portal: str, rows: Sequence[Row[Any]]) -> None:
    """Add what these decisions added to the share book to the totals, as part of their deletion."""
    contacts = sorted({row.contact_id for row in rows})
    refunds = select(EVENTS.c.decision_id).where(
        no_index(EVENTS.c.portal) == portal, EVENTS.c.contact_id.in_(contacts), EVENTS.c.kind.in_(REFUNDED)
    )
    refunded = frozenset(connection.execute(refunds).scalars())
    event = f"{portal}-{PRUNED}"
    before = connection.execute(
        select(EVENTS.c.detail).where(EVENTS.c.id == event).with_for_update()
    ).scalar()
    totals: dict[str, int] = {} if before is None else orjson.loads(before)["book"]
    for row in rows:
        columns = (row.outcome, row.book_changes, row.record)
        add_changes(totals, lasting_changes(*columns, refunded=row.id in refunded))
    detail = orjson.dumps({"book": {name: value for name, value in totals.items() if value}}).decode()
    values = {"at": f"{max(row.decided_at for row in rows)[:10]}T00:00:00+00:00", "detail": detail}
    if before is not None:
        connection.execute(update(EVENTS).where(EVENTS.c.id == event).values(values))
        return
    nobody = {"id": event, "portal": portal, "contact_id": "", "kind": PRUNED, "decision_id": None}
    connection.execute(insert(EVENTS).values(**nobody, **values))


def count_by_revision(connection: Connection, portal: str, rows: Sequence[Row[Any]]) -> None:
    """Add the number of these decisions to the time that their rules went live before them."""
    revisions = sorted({row.revision for row in rows})
    query = (
        select(RULE_CHANGES.c.revision, RULE_CHANGES.c.live_since)
        .where(RULE_CHANGES.c.portal == portal, RULE_CHANGES.c.revision.in_(revisions))
        .order_by(RULE_CHANGES.c.live_since)
    )
    changes = connection.execute(query).all()
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        since = [
            one.live_since
            for one in changes
            if one.revision == row.revision and one.live_since <= row.decided_at
        ]
        if since:
            counts[row.revision, since[-1]] += 1
    for (revision, live_since), count in sorted(counts.items()):
        connection.execute(
            update(RULE_CHANGES)
            .where(
                RULE_CHANGES.c.portal == portal,
                RULE_CHANGES.c.revision == revision,
                RULE_CHANGES.c.live_since == live_since,
            )
            .values(pruned=func.coalesce(RULE_CHANGES.c.pruned, 0) + count)
        )


def old_revisions(connection: Connection, portal: str, *, before: str) -> list[str]:
    """The revisions that no decision names, that went live last before `before`, and are not live now."""
    latest = (
        select(RULE_CHANGES.c.revision)
        .where(RULE_CHANGES.c.portal == portal)
        .order_by(RULE_CHANGES.c.live_since.desc())
        .limit(1)
    )
    named = exists().where(DECISIONS.c.portal == portal, DECISIONS.c.revision == REVISIONS.c.revision)
    lately = exists().where(
        RULE_CHANGES.c.portal == portal,
        RULE_CHANGES.c.revision == REVISIONS.c.revision,
        RULE_CHANGES.c.live_since >= before,
    )
    query = select(REVISIONS.c.revision).where(
        REVISIONS.c.portal == portal,
        REVISIONS.c.live_since < before,
        ~named,
        ~lately,
        REVISIONS.c.revision.not_in(connection.execute(latest).scalars().all()),
    )
    return list(connection.execute(query).scalars())
