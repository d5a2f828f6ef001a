"""The decisions of leads when they came, with the facts stored in them, for backtests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select

from router.ledger.ledger import Ledger
from router.ledger.querying import AT_A_TIME, no_index
from router.ledger.rewriting.book_changes import REVISED
from router.ledger.tables import DECISIONS

BLOCK: Final = 5_000


class PastLead(NamedTuple):
    """A lead, and the record (JSON) of a decision about it."""

    contact_id: str
    record: str


def first_decisions(ledger: Ledger, *, since: datetime) -> Iterator[Sequence[PastLead]]:
    """The first decision of every lead decided at or after `since` (aware UTC), in blocks.

    The oldest come first. Reassignments by the night are left out: they are no new leads.
    """
    query = (
        select(DECISIONS.c.contact_id, DECISIONS.c.record)
        .where(
            DECISIONS.c.portal == ledger._portal,
            DECISIONS.c.episode == 0,
            DECISIONS.c.decided_at >= since.isoformat(),
        )
        .order_by(DECISIONS.c.decided_at, DECISIONS.c.id)
        .execution_options(yield_per=BLOCK)
    )
    with ledger.database.connect() as connection:
        for block in connection.execute(query).partitions():
            yield [PastLead(*row) for row in block]


def with_late_facts(ledger: Ledger, leads: Sequence[PastLead]) -> list[str]:
    """The record of each lead's first decision or, where its facts came late, of its last revision.

    Revisions count as long as they follow the first decision and each other: what happened to a lead that
    was claimed or reassigned is no part of how it came.
    """
    revisions: dict[tuple[str, int], str] = {}
    contacts = [lead.contact_id for lead in leads]
    for start in range(0, len(contacts), AT_A_TIME):
        query = select(DECISIONS.c.contact_id, DECISIONS.c.episode, DECISIONS.c.record).where(
            no_index(DECISIONS.c.portal) == ledger._portal,
            DECISIONS.c.contact_id.in_(contacts[start : start + AT_A_TIME]),
            REVISED,
        )
        revisions |= {(row.contact_id, row.episode): row.record for row in ledger.rows(query)}
    return [_last(lead, revisions) for lead in leads]


def _last(lead: PastLead, revisions: dict[tuple[str, int], str]) -> str:
    episode, record = 0, lead.record
    while (following := revisions.get((lead.contact_id, episode + 1))) is not None:
        episode, record = episode + 1, following
    return record
