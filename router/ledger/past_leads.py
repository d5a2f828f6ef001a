"""The first decisions of leads, with the facts stored in them, for backtests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import select

from router.ledger.ledger import Ledger
from router.ledger.tables import DECISIONS

BLOCK: Final = 5_000


def first_decisions(ledger: Ledger, *, since: datetime) -> Iterator[tuple[str, ...]]:
    """The first decision of every lead decided at or after `since` (aware UTC), as JSON texts in blocks.

    The oldest come first. Reassignments by the night are left out: they are no new leads.
    """
    query = (
        select(DECISIONS.c.record)
        .where(
            DECISIONS.c.portal == ledger._portal,
            DECISIONS.c.episode == 0,
            DECISIONS.c.decided_at >= since.isoformat(),
        )
        .order_by(DECISIONS.c.decided_at, DECISIONS.c.id)
        .execution_options(yield_per=BLOCK)
    )
    with ledger.database.connect() as connection:
        for block in connection.execute(query).scalars().partitions():
            yield tuple(block)
