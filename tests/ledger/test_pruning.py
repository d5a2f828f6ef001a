"""Old rows leave in bounded portions; reports, the share book and counts stay as they were."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from router.ledger import Ledger, open_ledger
from router.ledger.follow_ups import Seen
from router.ledger.tables import DAY_CHANGES, DECISIONS, EVENTS, FOLLOW_UPS
from router.policy.people.roster import Roster, Team
from router.policy.reports.bounds import Bound
from router.policy.reports.fairness import ShareReport, standings
from router.policy.reports.night_report import NightReport
from router.policy.results.response_times import Response, responses
from router.policy.shares.share_book import Book
from tests.world.databases import PORTAL
from tests.world.policies import PARIS, a_rep
from tests.world.random_decisions import REPS, random_decisions, random_events

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 8
NOW = SINCE + timedelta(days=DAYS, hours=9)
BEFORE = date(2026, 3, 5)
"""The first day that is kept."""
ROSTER = Roster(
    timezone=PARIS,
    reps={name: a_rep(name) for names in REPS.values() for name in names},
    teams={name: Team(name, members) for name, members in REPS.items()},
)


def nobody(_contact_ids: Sequence[str]) -> Collection[str]:
    return ()


def fill(ledger: Ledger, *, leads: int = 120) -> list[dict[str, Any]]:
    random = Random(11)
    records = random_decisions(random, leads=leads, since=SINCE, days=DAYS)
    for revision, after in (("r0", -60), ("r1", -30), ("r2", -20), ("r1", 2), ("r3", 6)):
        live_since = SINCE + timedelta(days=after)
        ledger.keep_revision(revision, {"routing.yaml": b"rules: []"}, live_since=live_since)
        ledger.revisions.went_live(revision, at=live_since, origin=None)
    ledger.record(records, random_events(random, records))
    for one in list(ledger.follow_ups.since(SINCE)):
        if random.random() < 0.7:
            answered = one.assigned_at + timedelta(minutes=random.randrange(1, 600))
            seen = Seen(one.decision_id, None, None, answered, random.choice(("won", None)), answered)  # type: ignore[arg-type]
            ledger.follow_ups.note([seen], at=NOW)
    return records


def prune(ledger: Ledger, **more: Any) -> int:
    wanted: dict[str, Any] = {"before": BEFORE, "remembered": nobody, "now": NOW, "longest_s": 60}
    return ledger.pruning.prune_some(**(wanted | more)).rows


def reports(ledger: Ledger) -> list[tuple[ShareReport | Response, ...]]:
    """Fairness and responses over spans that begin with a pruned day, and within a day that is kept."""
    found: list[tuple[ShareReport | Response, ...]] = []
    for since in (SINCE, SINCE + timedelta(days=2), SINCE + timedelta(days=5, hours=7)):
        sums = ledger.sums.shares(mode="live", since=since, rep="anna", curves="thin")
        bounds = {"sales": Bound("leads"), "care": Bound("points")}
        found.append(standings(sums.shares, roster=ROSTER, book=Book(), bounds=bounds))
        found.append(responses(ledger.sums.results(since=since), now=NOW))
        found.append(sums.missed.lines("anna", weights={"sales": 1000}, timezone=PARIS))  # type: ignore[arg-type]
    return found


def rows(ledger: Ledger) -> dict[str, int]:
    """The number of rows older than the first day kept, by table."""
    found = {}
    for table, at in ((DECISIONS, "decided_at"), (EVENTS, "at"), (FOLLOW_UPS, "assigned_at")):
        query = select(func.count()).where(table.c.portal == PORTAL, table.c[at] < BEFORE.isoformat())
        if table is EVENTS:
            query = query.where(table.c.contact_id != "")
        found[table.name] = int(ledger.value(query))
    return found


def test_reports_the_book_and_counts_are_the_same_after_pruning(ledger: Ledger) -> None:
    fill(ledger)
    before, book, changes = reports(ledger), ledger.shares.book()[0], ledger.revisions.all()
    assert min(rows(ledger).values()) > 0

    assert prune(ledger) > 0

    assert rows(ledger) == {"decisions": 0, "events": 0, "follow_ups": 0}
    assert reports(ledger) == before
    assert ledger.shares.book()[0] == book
    assert ledger.revisions.all() == changes
    assert ledger.sums.table.kept_since() == BEFORE
    assert not ledger.pruning.pending(before=BEFORE)
    assert prune(ledger) == 0
    assert reports(Ledger(ledger.database, PORTAL)) == before


def test_every_run_is_bounded_and_another_process_goes_on(database_url: str, ledger: Ledger) -> None:
    fill(ledger)
    before, book = reports(ledger), ledger.shares.book()[0]
    runs = 0
    while ledger.pruning.pending(before=BEFORE) or any(rows(ledger).values()):
        process = open_ledger(database_url, PORTAL)
        prune(process, longest_s=0)
        process.close()
        runs += 1
        assert reports(ledger) == before
        assert ledger.shares.book()[0] == book
        assert runs < 100

    assert runs > 4


def test_what_is_still_open_stays(ledger: Ledger) -> None:
    records = fill(ledger)
    kept = {one["contact_id"] for one in records[:20:4]}
    before, book = reports(ledger), ledger.shares.book()[0]

    prune(ledger, remembered=kept.intersection)

    for contact_id in kept:
        expected = [one["id"] for one in records if one["contact_id"] == contact_id]
        assert [one["id"] for one in ledger.decisions_of(contact_id)] == expected
    assert rows(ledger)["decisions"] == len(
        [one for one in records if one["contact_id"] in kept and one["decided_at"] < str(BEFORE)]
    )
    assert reports(ledger) == before
    assert ledger.shares.book()[0] == book
    prune(ledger)
    assert rows(ledger)["decisions"] == 0
    assert reports(ledger) == before


def test_sums_of_pruned_days_never_change_again(ledger: Ledger) -> None:
    records = fill(ledger)
    before = reports(ledger)
    prune(ledger)
    old = records[0] | {"id": "late-0", "contact_id": "77", "decided_at": SINCE.isoformat()}
    ledger.record([old], [])
    ledger.erase(records[1]["contact_id"])
    ledger.sums.make_some(now=NOW, longest_s=60)

    assert reports(ledger) == before
    prune(ledger)
    assert ledger.value(select(func.count()).where(DAY_CHANGES.c.day < str(BEFORE))) == 0


def test_rule_files_and_nights_that_nothing_needs_go_too(ledger: Ledger) -> None:
    fill(ledger)
    for day in ("2026-02-01", "2026-03-07"):
        ledger.nights.keep(NightReport(day, NOW.isoformat(), NOW.isoformat()))

    prune(ledger)

    assert ledger.files_of("r0") is None
    assert None not in [ledger.files_of(revision) for revision in ("r1", "r2", "r3")]
    assert ledger.nights.days() == (date(2026, 3, 7),)
    assert [one.revision for one in ledger.revisions.all()] == ["r0", "r1", "r2", "r1", "r3"]


def test_a_day_whose_rows_change_meanwhile_is_not_final_yet(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = fill(ledger)
    made = ledger.sums.make

    def make_and_change(*args: Any, **more: Any) -> bool:
        """Another process records an outcome between the sums and their becoming final."""
        done = made(*args, **more)
        leads = list(ledger.follow_ups.since(SINCE))
        outcome = "lost" if leads[0].outcome == "won" else "won"
        seen = Seen(leads[0].decision_id, None, None, None, outcome, NOW)  # type: ignore[arg-type]
        ledger.follow_ups.note([seen], at=NOW)
        return done

    monkeypatch.setattr(ledger.sums, "make", make_and_change)
    assert prune(ledger) == 0
    assert ledger.sums.table.kept_since() is None
    assert len(list(ledger.decided_since(SINCE))) == len(records)
