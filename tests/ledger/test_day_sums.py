"""Sums of days always give the report that all rows give, whatever happens to the rows, and never drift."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select, text

from router.ledger import Ledger, open_ledger
from router.ledger.follow_ups import Seen
from router.ledger.tables import DAY_CHANGES, DAY_SUMS
from router.policy.explanation.decision_record import from_record
from router.policy.people.roster import Roster, Team
from router.policy.reports.bounds import Bound
from router.policy.reports.fairness import ShareReport, standings
from router.policy.results.response_times import Response, responses
from router.policy.shares.performance_weights import Wins, ripe_between, wins_of
from router.policy.shares.share_book import REFUNDED, Book
from tests.world import plain_fairness, plain_results
from tests.world.databases import PORTAL
from tests.world.policies import PARIS, a_rep
from tests.world.random_decisions import REPS, random_decisions, random_events
from tests.world.records import a_record

SINCE = datetime(2026, 3, 1, 15, tzinfo=UTC)
DAYS = 9
NOW = SINCE + timedelta(days=DAYS, hours=1)
BOOK = Book({"credit:sales:anna": 1_500_000_000})
BOUNDS: Mapping[str, Bound] = {"sales": Bound("leads"), "care": Bound("points")}
TEAMS = {name: Team(name, members, performance=timedelta(days=4)) for name, members in REPS.items()}
ROSTER = Roster(
    timezone=PARIS,
    reps={name: a_rep(name) for names in REPS.values() for name in names},
    teams=TEAMS,
)
RIPE_AT = NOW + timedelta(days=12)
"""The teams' windows, of four days, then lie among the leads."""


def fill(ledger: Ledger, random: Random, *, leads: int = 90) -> list[dict[str, object]]:
    records = random_decisions(random, leads=leads, since=SINCE, days=DAYS)
    ledger.record(records, random_events(random, records))
    return records


def plainly(ledger: Ledger, since: datetime, mode: str) -> tuple[ShareReport, ...]:
    """The report as it was computed from every decision."""
    decided = map(from_record, ledger.decided_since(since))
    of_mode = tuple(one for one in decided if one.mode == mode)
    ended = ledger.decisions_ended_by(REFUNDED, since=since)
    counted = plain_fairness.that_count(of_mode, ended=ended)
    refunded = plain_fairness.teams_refunded(of_mode, counted, ended=ended)
    return plain_fairness.standings(counted, roster=ROSTER, book=BOOK, bounds=BOUNDS, refunded=refunded)


def by_sums(ledger: Ledger, since: datetime, mode: str) -> tuple[ShareReport, ...]:
    sums = ledger.sums.shares(mode=mode, since=since)
    return standings(sums.shares, roster=ROSTER, book=BOOK, bounds=BOUNDS)


def plain_wins(ledger: Ledger) -> list[tuple[Wins, ...]]:
    leads = list(ledger.follow_ups.since(SINCE))
    return [plain_results.ripe(leads, team, now=RIPE_AT) for team in TEAMS.values()]


def wins_by_sums(ledger: Ledger) -> list[tuple[Wins, ...]]:
    found = []
    for team in TEAMS.values():
        first, last = ripe_between(team, now=RIPE_AT) or (NOW, NOW)
        found.append(wins_of(ledger.sums.results(since=first, up_to=last), team))
    return found


def response(ledger: Ledger, since: datetime, now: datetime) -> tuple[Response, ...]:
    return responses(ledger.sums.results(since=since), now=now)


def check(ledger: Ledger) -> None:
    """Every report over several spans is the plain one."""
    midnight = datetime(2026, 3, 4, tzinfo=UTC)
    for since in (SINCE - timedelta(days=1), midnight, midnight + timedelta(hours=7), NOW):
        for mode in ("live", "shadow"):
            assert by_sums(ledger, since, mode) == plainly(ledger, since, mode)
        for now in (NOW, NOW + timedelta(days=3)):
            leads = list(ledger.follow_ups.since(since))
            assert response(ledger, since, now) == plain_results.responses(leads, now=now)
    assert wins_by_sums(ledger) == plain_wins(ledger)


def held(ledger: Ledger) -> set[date]:
    return set(ledger.sums.table.holding("shares", since=date.min))


def days_over(ledger: Ledger) -> set[date]:
    days = {date.fromisoformat(one["decided_at"][:10]) for one in ledger.decided_since(SINCE)}
    return days - {NOW.date()}


def late_outcomes(ledger: Ledger, random: Random) -> None:
    leads = [one for one in ledger.follow_ups.since(SINCE) if random.random() < 0.5]
    for one in leads:
        answered = one.assigned_at + timedelta(minutes=random.choice((1, 59, 4_000)))
        ended = random.choice(("won", "lost", None))
        moment = min(answered + timedelta(hours=5), NOW)
        seen = Seen(one.decision_id, None, None, min(answered, NOW), ended, moment if ended else None)  # type: ignore[arg-type]
        ledger.follow_ups.note([seen], at=NOW)
        if random.random() < 0.2:
            ledger.follow_ups.end({one.decision_id: moment - timedelta(hours=random.choice((0, 3)))})


def late_refunds(ledger: Ledger, random: Random) -> None:
    ids = [(one["id"], one["contact_id"]) for one in ledger.decided_since(SINCE)]
    chosen = random.sample(ids, 6)
    ledger.record(
        [],
        [
            (f"late{number}-1", contact_id, {"at": NOW.isoformat(), "kind": "restored", "decision": decision})
            for number, (decision, contact_id) in enumerate(chosen)
        ],
    )


def erasures(ledger: Ledger, random: Random) -> None:
    for contact_id in random.sample([one["contact_id"] for one in ledger.decided_since(SINCE)], 5):
        ledger.erase(contact_id)


def recorded_twice(ledger: Ledger, _random: Random) -> None:
    ledger.record(list(ledger.decided_since(SINCE)), [])


def more_leads(ledger: Ledger, random: Random) -> None:
    late = random_decisions(random, leads=20, since=SINCE, days=DAYS)
    ledger.record([one | {"contact_id": f"9{one['contact_id']}", "id": f"9{one['id']}"} for one in late], [])


@pytest.mark.parametrize("change", [late_outcomes, late_refunds, erasures, recorded_twice, more_leads])
def test_every_change_of_earlier_days_is_in_the_report_at_once_and_in_new_sums(
    ledger: Ledger, change: Callable[[Ledger, Random], None]
) -> None:
    random = Random(7)
    fill(ledger, random)
    check(ledger)  # no sums yet: every day is read from its rows
    ledger.sums.make_some(now=NOW, longest_s=60)
    assert held(ledger) == days_over(ledger)
    check(ledger)

    change(ledger, random)
    check(ledger)
    assert held(ledger).isdisjoint(ledger.sums.table.changed("shares", before=NOW.date()))
    ledger.sums.make_some(now=NOW, longest_s=60)

    assert not ledger.sums.pending(now=NOW)
    assert days_over(ledger) <= held(ledger)
    check(ledger)


@pytest.mark.parametrize("seed", range(3))
def test_random_ledgers_give_the_same_reports_with_sums(ledger: Ledger, seed: int) -> None:
    random = Random(seed)
    fill(ledger, random, leads=random.randrange(140))
    late_outcomes(ledger, random)
    ledger.sums.make_some(now=NOW - timedelta(days=random.randrange(6)), longest_s=60)
    late_outcomes(ledger, random)

    check(ledger)


def test_what_changes_while_sums_are_made_is_not_lost(ledger: Ledger) -> None:
    fill(ledger, Random(1))
    sums, day = ledger.sums, date(2026, 3, 4)
    state = sums.table.state("shares", day)
    texts = sums._texts("shares", day, now=NOW)
    late_refunds(ledger, Random(2))
    more_leads(ledger, Random(2))

    sums.table.store("shares", day, texts, state=state)

    assert day not in sums.table.holding("shares", since=date.min)
    assert sums.make("shares", day, now=NOW)
    check(ledger)


def test_an_older_maker_of_sums_comes_too_late(ledger: Ledger) -> None:
    fill(ledger, Random(1))
    ledger.sums.make_some(now=NOW, longest_s=60)
    sums, day = ledger.sums, date(2026, 3, 4)
    state = sums.table.state("shares", day)
    texts = sums._texts("shares", day, now=NOW)
    late_refunds(ledger, Random(2))
    more_leads(ledger, Random(2))
    assert sums.make("shares", day, now=NOW)

    assert not sums.table.store("shares", day, texts, state=state)
    check(ledger)


def test_an_uncommitted_change_makes_sums_stale_once_it_is_committed(
    database_url: str, ledger: Ledger
) -> None:
    """The maker reads rows that a transaction is about to change: PostgreSQL shows the old ones."""
    fill(ledger, Random(1))
    if ledger.database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time, and a maker that reads does not wait for it")
    ledger.sums.make_some(now=NOW, longest_s=60)
    with ledger.database.connect() as connection, connection.begin():
        connection.execute(text("UPDATE follow_ups SET outcome = 'won'"))
        other = open_ledger(database_url, PORTAL)
        for day in (date(2026, 3, 4), date(2026, 3, 5)):
            assert other.sums.make("results", day, now=NOW)
        other.close()

    assert date(2026, 3, 4) not in ledger.sums.table.holding("results", since=date.min)
    check(ledger)
    ledger.sums.make_some(now=NOW, longest_s=60)
    check(ledger)


def test_makers_and_writers_at_once_leave_no_old_sums(database_url: str, ledger: Ledger) -> None:
    fill(ledger, Random(3), leads=60)
    done = threading.Event()

    def make() -> None:
        mine = open_ledger(database_url, PORTAL)
        while not done.is_set():
            mine.sums.make_some(now=NOW, longest_s=0.05)
        mine.close()

    makers = [threading.Thread(target=make) for _ in range(2)]
    for one in makers:
        one.start()
    for seed in range(4):
        late_outcomes(ledger, Random(seed))
    late_refunds(ledger, Random(9))
    done.set()
    for one in makers:
        one.join()

    check(ledger)
    ledger.sums.make_some(now=NOW, longest_s=60)
    check(ledger)


def test_sums_name_no_contact_and_changes_of_today_do_not_pile_up(ledger: Ledger) -> None:
    records = fill(ledger, Random(4))
    ledger.sums.make_some(now=NOW, longest_s=60)
    with ledger.database.connect() as connection:
        stored = "".join(str(tuple(row)) for row in connection.execute(select(DAY_SUMS)))
        changes = connection.execute(select(DAY_CHANGES)).all()

    assert not [one["id"] for one in records if str(one["id"]) in stored]
    assert not [one for one in records if f'"{one["contact_id"]}"' in stored]
    assert changes == []


def test_a_run_is_bounded_and_the_next_process_goes_on(database_url: str, ledger: Ledger) -> None:
    fill(ledger, Random(5))
    made = 0
    while True:
        process = open_ledger(database_url, PORTAL)
        run = process.sums.make_some(now=NOW, longest_s=0)
        process.close()
        if not run.days:
            break
        assert run.days == 1
        made += run.days
        check(ledger)

    assert days_over(ledger) == held(ledger)
    assert made > len(held(ledger))
    assert not ledger.sums.pending(now=NOW)


def test_sums_of_an_earlier_form_are_made_anew(ledger: Ledger) -> None:
    fill(ledger, Random(6))
    ledger.sums.make_some(now=NOW, longest_s=60)
    with ledger.database.begin() as connection:
        connection.execute(text("UPDATE day_sums SET form = 0, sums = '{}'"))
    again = Ledger(ledger.database, PORTAL)

    check(again)
    assert again.sums.pending(now=NOW)
    again.sums.make_some(now=NOW, longest_s=60)
    assert held(again) == days_over(again)
    check(again)


def test_a_lead_that_goes_on_under_another_id_is_still_one_lead(ledger: Ledger) -> None:
    """Its contact was merged into another one before it was revised: the first record has the old id."""
    shares = {"shares": [["camille", 1000, 0, 0], ["lea", 1000, 0, 0]]}
    trigger = {"kind": "revised", "owner_id": "70000001", "rep": "camille", "due_at": None, "told": False}
    inputs = {"inputs": {"occasion": trigger | {"facts": [], "paid": {"credit:idf:camille": -1}}}}
    ledger.record([a_record("501") | shares, a_record("777", episode=1) | shares | inputs], [])
    with ledger.database.begin() as connection:
        connection.execute(text("UPDATE decisions SET contact_id = '777' WHERE contact_id = '501'"))

    found = ledger.sums.shares(mode="live", since=SINCE).shares.teams["idf", "leads"]

    assert found.received == {"camille": 1}
