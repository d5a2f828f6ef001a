"""The decisions of shadow mode, as far as the comparison with HubSpot reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

import orjson
from sqlalchemy import select

from router.ledger.ledger import Ledger
from router.ledger.tables import DECISIONS

SHADOW: Final = "shadow"
_WRITTEN: Final = '"mode":"shadow"'
"""How a record of that mode says so; a record that has it elsewhere is read, and left out."""


class ShadowDecision(NamedTuple):
    """One decision. `owner_id` is None for nobody; `decided_at` is ISO, UTC."""

    contact_id: str
    decided_at: str
    rule: str
    outcome: str
    team: str | None
    rep: str | None
    owner_id: str | None


def shadow_decisions(ledger: Ledger, *, since: datetime) -> Iterator[ShadowDecision]:
    """The decisions of shadow mode made at or after `since` (aware UTC), first to last, read as a stream.

    Days whose sums say that they have none are not read.
    """
    without = ledger.sums.days_without(SHADOW, since=since.astimezone(UTC).date())
    begin: str = since.astimezone(UTC).isoformat()
    for day in sorted(without):
        yield from _between(ledger, begin, day)
        begin = (day + timedelta(days=1)).isoformat()
    yield from _between(ledger, begin, None)


def _between(ledger: Ledger, begin: str, end: date | None) -> Iterator[ShadowDecision]:
    if end is not None and begin >= end.isoformat():
        return
    columns = (
        *(DECISIONS.c.contact_id, DECISIONS.c.decided_at, DECISIONS.c.rule, DECISIONS.c.outcome),
        *(DECISIONS.c.team, DECISIONS.c.rep, DECISIONS.c.owner_id, DECISIONS.c.record),
    )
    query = select(*columns).where(
        DECISIONS.c.portal == ledger._portal,
        DECISIONS.c.decided_at >= begin,
        DECISIONS.c.record.contains(_WRITTEN, autoescape=True),
    )
    if end is not None:
        query = query.where(DECISIONS.c.decided_at < end.isoformat())
    query = query.order_by(DECISIONS.c.decided_at).execution_options(yield_per=1_000)
    with ledger.database.connect() as connection:
        for *columns_found, record in connection.execute(query):
            if orjson.loads(record).get("mode") == SHADOW:
                yield ShadowDecision(*columns_found)
