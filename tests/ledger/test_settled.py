"""The waits that decisions tell of, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from router.ledger import Ledger
from router.ledger.reports.settled import began, waits_since
from router.policy.leads.settle import Settled
from tests.world.records import a_record

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def waited(minute: int) -> dict[str, Any]:
    """A decision so many minutes after noon, after a wait of so many milliseconds."""
    settled = {"waited_ms": minute, "waited_for": ["country", "zip"], "still_open": ["zip"]}
    at = NOON + minute * timedelta(minutes=1)
    return a_record(str(minute)) | {"decided_at": at.isoformat(), "inputs": {"book": {}, "settled": settled}}


def test_waits_are_read_and_decisions_without_one_are_not(ledger: Ledger) -> None:
    ledger.record([a_record("501") | {"decided_at": NOON.isoformat()}, waited(3), waited(5)], [])

    found = sorted(waits_since(ledger, NOON), key=lambda one: one.waited_ms)

    assert found == [Settled(3, ("country", "zip"), ("zip",)), Settled(5, ("country", "zip"), ("zip",))]
    assert list(waits_since(ledger, NOON + timedelta(minutes=6))) == []


def test_only_the_latest_decisions_are_looked_at(ledger: Ledger) -> None:
    ledger.record([waited(minute) for minute in range(6)], [])

    start = began(ledger, NOON - DAY, most=4)

    assert sorted(one.waited_ms for one in waits_since(ledger, start, most=4)) == [2, 3, 4, 5]
    assert start == NOON + timedelta(minutes=1)
    assert began(ledger, NOON - DAY, most=6) == NOON - DAY
