"""The decisions of leads when they came, with the facts stored in them, for backtests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


def last_revisions(ledger: Ledger, *, since: datetime) -> dict[str, str]:
    """By contact id, the id of the last revision of a lead whose facts came late.

    Revisions count as long as they follow the first decision and each other: what happened to a lead that
    was claimed or reassigned is no part of how it came.
    """
    query = select(DECISIONS.c.contact_id, DECISIONS.c.episode, DECISIONS.c.id).where(
        DECISIONS.c.portal == ledger._portal, DECISIONS.c.decided_at >= since.isoformat(), REVISED
    )
    found: dict[str, dict[int, str]] = {}
    with ledger.database.connect() as connection:
        for contact_id, episode, decision_id in connection.execution_options(yield_per=BLOCK).execute(query):
            found.setdefault(contact_id, {})[episode] = decision_id
    last = {contact_id: _last(revisions) for contact_id, revisions in found.items()}
    return {contact_id: decision_id for contact_id, decision_id in last.items() if decision_id is not None}


def with_late_facts(ledger: Ledger, leads: Sequence[PastLead], revisions: Mapping[str, str]) -> list[str]:
    """The record of each lead's last revision (see `last_revisions`), or else of its first decision."""
    ids = [revisions[lead.contact_id] for lead in leads if lead.contact_id in revisions]
    records: dict[str, str] = {}
    for start in range(0, len(ids), AT_A_TIME):
        query = select(DECISIONS.c.contact_id, DECISIONS.c.record).where(
            no_index(DECISIONS.c.portal) == ledger._portal, DECISIONS.c.id.in_(ids[start : start + AT_A_TIME])
        )
        records |= {row.contact_id: row.record for row in ledger.rows(query)}
    return [records.get(lead.contact_id, lead.record) for lead in leads]


def _last(revisions: Mapping[int, str]) -> str | None:
    episode = 0
    while episode + 1 in revisions:
        episode += 1
    return revisions.get(episode)
