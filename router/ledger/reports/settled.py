"""The waits for late facts that the latest decisions tell of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct, json
from sqlalchemy import select

from router.ledger.ledger import Ledger
from router.ledger.tables import DECISIONS
from router.policy.leads.settle import Settled

MOST_READ: Final = 50_000
"""Largest number of decisions that are looked at, the latest ones: a few tenths of a second."""
_WRITTEN: Final = '"settled":'
"""How a record of a lead that was decided under `settle` says so."""


class _Inputs(Struct, frozen=True):
    settled: Settled | None = None


class _Record(Struct, frozen=True):
    """A decision's record, as far as its wait is concerned."""

    inputs: _Inputs | None = None


_READER: Final = json.Decoder(_Record)


def waits_since(ledger: Ledger, since: datetime, *, most: int = MOST_READ) -> Iterator[Settled]:
    """The waits of the latest decisions made at or after `since` (aware UTC), read as a stream.

    At most `most` decisions are looked at, with or without a wait; see `began`.
    """
    latest = (
        select(DECISIONS.c.record)
        .where(DECISIONS.c.portal == ledger._portal, DECISIONS.c.decided_at >= since.isoformat())
        .order_by(DECISIONS.c.decided_at.desc())
        .limit(most)
        .subquery()
    )
    query = select(latest.c.record).where(latest.c.record.contains(_WRITTEN, autoescape=True))
    with ledger.database.connect() as connection:
        for record in connection.execution_options(yield_per=1_000).execute(query).scalars():
            inputs = _READER.decode(record).inputs
            if inputs is not None and inputs.settled is not None:
                yield inputs.settled


def began(ledger: Ledger, since: datetime, *, most: int = MOST_READ) -> datetime:
    """The moment from which `waits_since` reads: `since`, or later where `most` decisions are younger."""
    query = (
        select(DECISIONS.c.decided_at)
        .where(DECISIONS.c.portal == ledger._portal, DECISIONS.c.decided_at >= since.isoformat())
        .order_by(DECISIONS.c.decided_at.desc())
        .offset(most)
        .limit(1)
    )
    found = ledger.value(query)
    return since if found is None else datetime.fromisoformat(found)
