"""The ledger keeps every decision once, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from router.ledger import Ledger, open_ledger
from router.policy.reports.night_report import Brake, NightMove, NightReport
from tests.world.records import PORTAL, a_record, an_event


def test_a_decision_is_found_by_its_contact(ledger: Ledger) -> None:
    ledger.record([a_record(), a_record("502")], [("1-1", "501", an_event())])

    assert ledger.decisions_of("501") == (a_record(),)
    assert [(entry.kind, entry.detail) for entry in ledger.events_of("501")] == [
        ("written", {"waited_ms": 140})
    ]


def test_recording_a_line_again_changes_nothing(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.record([a_record()], [("1-1", "501", an_event())])

    assert len(ledger.decisions_of("501")) == 1
    assert len(ledger.events_of("501")) == 1


def test_episodes_come_in_the_order_they_were_decided(ledger: Ledger) -> None:
    ledger.record([a_record(episode=1), a_record(episode=0)], [])

    assert [record["episode"] for record in ledger.decisions_of("501")] == [0, 1]


def test_who_got_which_lead_since_a_moment_is_known(ledger: Ledger) -> None:
    ledger.record([a_record("1"), a_record("2"), a_record("3", owner_id="70000002")], [])

    since = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert ledger.assigned_since(since) == {"1": "70000001", "2": "70000001", "3": "70000002"}
    assert ledger.assigned_since(since.replace(hour=10)) == {}


def test_a_revision_keeps_its_files_as_they_were(ledger: Ledger) -> None:
    files = {"team.yaml": b"\xef\xbb\xbfreps: {}\r\n"}
    for _ in range(2):
        ledger.keep_revision("r1", files, live_since=datetime(2026, 11, 24, tzinfo=UTC))

    assert ledger.files_of("r1") == files
    assert ledger.files_of("r2") is None


def test_erasing_a_contact_leaves_no_line_about_it(ledger: Ledger) -> None:
    ledger.record([a_record("501"), a_record("502")], [("1-1", "501", an_event())])

    assert ledger.erase("501") == 2
    assert ledger.decisions_of("501") == ()
    assert ledger.events_of("501") == ()
    assert len(ledger.decisions_of("502")) == 1


def test_an_erased_contact_is_not_in_the_file_any_more(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite3", PORTAL)
    ledger.record([a_record("987654321")], [("1-1", "987654321", an_event())])

    ledger.erase("987654321")
    ledger.close()

    assert not [path for path in tmp_path.iterdir() if b"987654321" in path.read_bytes()]


def a_night(day: str, *contact_ids: str) -> NightReport:
    moves = [NightMove(one, "gone", "", "hugo", "lea", "PME", "moved") for one in contact_ids]
    brake = Brake("count", 300, 200, 4_000, approved_by="nadia", approved_at="2026-11-24T08:00:00+00:00")
    return NightReport(
        day, "b", "e", found=3, stayed={"begun": 1}, drifted=("gone",), brake=brake
    ).with_moves(moves)


def test_a_night_comes_back_as_it_was_kept_and_the_latest_word_counts(ledger: Ledger) -> None:
    told = a_night("2026-11-24", "501", "502")
    ledger.nights.keep(a_night("2026-11-24", "503"))
    ledger.nights.keep(told)
    ledger.nights.keep(a_night("2026-11-25"))

    assert ledger.nights.of(date(2026, 11, 24)) == told
    assert ledger.nights.of(date(2026, 11, 23)) is None
    assert ledger.nights.days() == (date(2026, 11, 25), date(2026, 11, 24))


def test_an_erased_contact_leaves_the_nights_and_their_counts_stay(ledger: Ledger) -> None:
    ledger.nights.keep(a_night("2026-11-24", "501", "502"))

    ledger.erase("501")

    kept = ledger.nights.of(date(2026, 11, 24))
    assert kept is not None
    assert [one.contact_id for one in kept.moves] == ["502"]
    assert kept.outcomes == {"moved": 2}


def test_a_refund_of_a_revision_gives_back_what_it_paid_itself(ledger: Ledger) -> None:
    first = a_record() | {
        "book_changes": {"credit:idf:camille": -600, "credit:idf:lea": 600, "open:camille": 1}
    }
    trigger = {"kind": "revised", "owner_id": "70000001", "rep": "camille", "due_at": None, "told": False}
    trigger |= {"facts": [], "paid": first["book_changes"]}
    moved = a_record(episode=1, owner_id="70000002") | {
        "book_changes": {
            **{"credit:idf:camille": 600, "credit:idf:lea": -600, "open:camille": -1},
            **{"returned:leads:idf": 600, "credit:sud:marc": -500, "credit:sud:claire": 500, "open:marc": 1},
        },
        "inputs": {"occasion": trigger},
    }
    gone = an_event("gone") | {"decision": moved["id"]}

    ledger.record([first, moved], [("1-1", "501", gone)])

    left = {"returned:leads:idf": 600, "returned:leads:sud": 500}
    assert ledger.shares.book() == (left, 2), "neither of them costs anybody anything any more"
    ledger.erase("501")
    assert ledger.shares.book() == (left, 0)
