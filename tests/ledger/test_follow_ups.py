"""What became of each lead that was given, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from router.ledger import Ledger, open_ledger
from router.ledger.follow_ups import Seen
from tests.world.records import PORTAL, a_record, an_event

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def seen(
    decision_id: str, *, outcome: str | None = None, answered_at: datetime | None = None, **more: Any
) -> Seen:
    return Seen(
        decision_id,
        status=more.get("status"),
        stage=more.get("stage"),
        first_response_at=answered_at,
        outcome=outcome,  # type: ignore[arg-type]
        outcome_at=NOON if outcome else None,
    )


def test_each_decision_that_gives_a_lead_begins_a_follow_up(ledger: Ledger) -> None:
    queued = a_record("502") | {"outcome": {"kind": "queued", "team": "idf", "why": None}}
    shadow = a_record("503") | {"mode": "shadow"}
    for _ in range(2):
        ledger.record([a_record(), queued, shadow], [])

    (only,) = ledger.follow_ups.since(LONG_AGO)

    assert (only.contact_id, only.rep, only.team, only.score) == ("501", "camille", "idf", 120)
    assert only.assigned_at == datetime(2026, 11, 24, 9, 10, tzinfo=UTC)
    assert only.response is None


def test_results_count_wins_and_response_times_by_rep(ledger: Ledger) -> None:
    ledger.record([a_record("1"), a_record("2"), a_record("3")], [])
    answered = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)
    ledger.follow_ups.note([seen("1-0-abcd", outcome="won", answered_at=answered)], at=NOON)
    ledger.follow_ups.note([seen("2-0-abcd", outcome="lost"), seen("3-0-abcd")], at=NOON)

    (camille,) = ledger.follow_ups.results(LONG_AGO)

    assert (camille.rep, camille.team) == ("camille", "idf")
    assert (camille.received, camille.won, camille.lost) == (3, 1, 1)
    assert camille.responses == (timedelta(minutes=30),)
    assert ledger.follow_ups.results(NOON) == ()


def test_the_first_response_stays_the_first(ledger: Ledger) -> None:
    ledger.record([a_record()], [])
    first = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)

    ledger.follow_ups.note([seen("501-0-abcd", answered_at=first)], at=NOON)
    ledger.follow_ups.note([seen("501-0-abcd", answered_at=NOON)], at=NOON)

    assert ledger.follow_ups.running_of(["501"])["501"].first_response_at == first


@pytest.mark.parametrize("kind", ["taken_by_a_person", "restored", "gone", "owner_refused", "shadowed"])
def test_a_lead_that_was_never_theirs_counts_for_nobody(ledger: Ledger, kind: str) -> None:
    for _ in range(2):
        ledger.record([a_record(), a_record("502")], [("1-1", "501", an_event(kind))])

    assert [one.contact_id for one in ledger.follow_ups.since(LONG_AGO)] == ["502"]


def test_a_lead_that_goes_elsewhere_ends_its_follow_up(ledger: Ledger) -> None:
    again = a_record(episode=1, owner_id="70000002")
    ledger.record([a_record(), a_record("502")], [])
    ledger.record([again], [("1-1", "502", an_event("owner_changed"))])

    first, other, second = sorted(ledger.follow_ups.since(LONG_AGO), key=lambda one: one.decision_id)

    assert first.ended_at == datetime(2026, 11, 24, 9, 11, tzinfo=UTC)
    assert second.ended_at == datetime(2026, 11, 24, 9, 15, 1, tzinfo=UTC)
    assert other.ended_at is None
    assert set(ledger.follow_ups.running_of(["501", "502"])) == {"501"}


def test_who_was_not_looked_at_comes_oldest_first_and_once(ledger: Ledger) -> None:
    ledger.record([a_record("1", episode=1), a_record("2"), a_record("3")], [])
    ledger.follow_ups.note([seen("3-0-abcd")], at=NOON)

    due = ledger.follow_ups.not_looked_at(before=NOON, since=LONG_AGO, limit=10).follow_ups
    ledger.follow_ups.looked_at([one.decision_id for one in due], at=NOON)

    assert [one.contact_id for one in due] == ["2", "1"]
    assert ledger.follow_ups.not_looked_at(before=NOON, since=LONG_AGO, limit=10).follow_ups == ()


def test_erasing_a_contact_leaves_its_result_without_a_trace(tmp_path: Path) -> None:
    opened = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite3", PORTAL)
    opened.record([a_record("987654321"), a_record("987654321", episode=1)], [])

    opened.erase("987654321")
    rows = list(opened.follow_ups.since(LONG_AGO))
    opened.close()

    assert [row.contact_id for row in rows] == [None, None]
    assert not [path for path in tmp_path.iterdir() if b"987654321" in path.read_bytes()]
