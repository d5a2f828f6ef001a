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


def revised(episode: int, *, owner_id: str, before: str, **more: Any) -> dict[str, Any]:
    trigger = {"kind": "revised", "owner_id": before, "rep": None, "due_at": None, "told": False}
    trigger |= {"facts": ["country"], "paid": {}}
    return a_record(episode=episode, owner_id=owner_id) | {"inputs": {"occasion": trigger}} | more


@pytest.mark.parametrize("together", [True, False])
def test_a_lead_that_a_revision_took_counts_for_nobody_before_it(ledger: Ledger, together: bool) -> None:
    records = [a_record(), revised(1, owner_id="70000002", before="70000001")]
    for _ in range(2):
        record_all(ledger, records, together=together)

        (only,) = ledger.follow_ups.of_contact("501")
        assert (only.decision_id, only.owner_id, only.ended_at) == ("501-1-abcd", "70000002", None)
        assert only.assigned_at == datetime(2026, 11, 24, 9, 11, tzinfo=UTC)
    assert [one.received for one in ledger.follow_ups.results(LONG_AGO)] == [1]


def record_all(ledger: Ledger, records: list[dict[str, Any]], *, together: bool) -> None:
    for some in [records] if together else [[one] for one in records]:
        ledger.record(some, [])


@pytest.mark.parametrize("together", [True, False])
def test_a_rep_who_keeps_a_lead_has_it_since_the_beginning(ledger: Ledger, together: bool) -> None:
    first, moved = "70000001", "70000002"
    record_all(
        ledger,
        [
            a_record(),
            revised(1, owner_id=first, before=first),
            revised(2, owner_id=first, before=first, rule="Allemagne"),
        ],
        together=together,
    )

    (kept,) = ledger.follow_ups.of_contact("501")
    assert (kept.decision_id, kept.rule) == ("501-2-abcd", "Allemagne")
    assert kept.assigned_at == datetime(2026, 11, 24, 9, 10, tzinfo=UTC)

    record_all(
        ledger,
        [revised(3, owner_id=moved, before=first), revised(4, owner_id=first, before=moved)],
        together=together,
    )

    (back,) = ledger.follow_ups.of_contact("501")
    assert back.assigned_at == datetime(2026, 11, 24, 9, 14, tzinfo=UTC), "somebody else had it between"


def test_a_lead_that_a_revision_left_to_marketing_counts_for_nobody(ledger: Ledger) -> None:
    nurtured = {"outcome": {"kind": "nurtured", "sets": {}, "workflow": None}}
    ledger.record([a_record(), revised(1, owner_id="", before="70000001", **nurtured)], [])

    assert ledger.follow_ups.of_contact("501") == ()


def test_a_revision_in_shadow_mode_changes_no_follow_up(ledger: Ledger) -> None:
    ledger.record([a_record(), revised(1, owner_id="7", before="70000001", mode="shadow")], [])

    assert [one.decision_id for one in ledger.follow_ups.of_contact("501")] == ["501-0-abcd"]


def test_what_a_rep_has_after_a_revision_ends_as_ever(ledger: Ledger) -> None:
    ledger.record([a_record(), revised(1, owner_id="70000002", before="70000001")], [])
    ledger.record([a_record(episode=2, owner_id="70000003")], [])

    ended = {one.decision_id: one.ended_at is not None for one in ledger.follow_ups.of_contact("501")}
    assert ended == {"501-1-abcd": True, "501-2-abcd": False}
