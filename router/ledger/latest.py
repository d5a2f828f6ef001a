"""The latest decision about each lead, page by page through a span of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from msgspec import Struct
from sqlalchemy import func, select, tuple_

from router.ledger.ledger import Ledger
from router.ledger.querying import no_index
from router.ledger.tables import DECISIONS


class ReportPage(Struct, frozen=True):
    """Some latest decisions, as records, in the order of time. `after` continues; "" after the last page."""

    records: tuple[dict[str, Any], ...]
    after: str


def last_words(
    ledger: Ledger,
    *,
    since: datetime,
    until: datetime,
    after: str = "",
    limit: int = 100,
    revision: str | None = None,
    rule: str | None = None,
) -> ReportPage:
    """Of `limit` decisions made from `since` to `until` (aware UTC), those that no later one has replaced.

    With `revision` or `rule` only decisions by it are read; the later one may be by another. A page costs the
    same wherever it stands: the place after which it begins is its lower bound, in place of `since`.
    """
    query = (
        select(DECISIONS.c.decided_at, DECISIONS.c.id, DECISIONS.c.contact_id, DECISIONS.c.record)
        .where(DECISIONS.c.portal == ledger._portal, DECISIONS.c.decided_at < until.isoformat())
        .order_by(DECISIONS.c.decided_at, DECISIONS.c.id)
        .limit(limit)
    )
    if after:
        decided_at, decision_id = after.split("|")
        query = query.where(tuple_(DECISIONS.c.decided_at, DECISIONS.c.id) > (decided_at, decision_id))
    else:
        query = query.where(DECISIONS.c.decided_at >= since.isoformat())
    if revision is not None:
        query = query.where(DECISIONS.c.revision == revision)
    if rule is not None:
        query = query.where(DECISIONS.c.rule == rule)
    rows = ledger.rows(query)
    last = _last_ids(ledger, [row.contact_id for row in rows])
    # A lead whose contact was merged into another one goes on under the id of that contact.
    records = tuple(
        {**orjson.loads(row.record), "contact_id": row.contact_id} for row in rows if row.id in last
    )
    return ReportPage(records, after=f"{rows[-1].decided_at}|{rows[-1].id}" if len(rows) == limit else "")


def recorded(ledger: Ledger, decision_ids: Sequence[str]) -> frozenset[str]:
    """Those of some decisions that the ledger has."""
    query = select(DECISIONS.c.id).where(
        no_index(DECISIONS.c.portal) == ledger._portal, DECISIONS.c.id.in_(sorted(set(decision_ids)))
    )
    return frozenset(row.id for row in ledger.rows(query)) if decision_ids else frozenset()


def last_decided_at(ledger: Ledger) -> datetime | None:
    """The moment of the latest decision in the ledger (aware UTC), or None if it has none."""
    query = select(func.max(DECISIONS.c.decided_at)).where(DECISIONS.c.portal == ledger._portal)
    (row,) = ledger.rows(query)
    return datetime.fromisoformat(row[0]) if row[0] else None


def decided_since(ledger: Ledger, since: datetime) -> int:
    """Number of decisions since that moment (aware UTC)."""
    query = select(func.count()).where(
        DECISIONS.c.portal == ledger._portal, DECISIONS.c.decided_at >= since.isoformat()
    )
    (row,) = ledger.rows(query)
    return int(row[0])


def _last_ids(ledger: Ledger, contact_ids: Sequence[str]) -> frozenset[str]:
    query = (
        select(DECISIONS.c.contact_id, DECISIONS.c.id)
        .where(
            no_index(DECISIONS.c.portal) == ledger._portal,
            DECISIONS.c.contact_id.in_(sorted(set(contact_ids))),
        )
        .order_by(DECISIONS.c.episode, DECISIONS.c.decided_at)
    )
    return frozenset({row.contact_id: row.id for row in ledger.rows(query)}.values())
