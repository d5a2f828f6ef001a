"""The growth bench: clones that the product agrees with, every command and job, verdicts that can fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import func, select

from bench.growth import jobs
from bench.growth.__main__ import options
from bench.growth.clones import FIRST_CONTACT, PER_SLOT, clone, moment_of
from bench.growth.commands import CALLS, EXEMPT, arguments_of, facts_of, undecided
from bench.growth.databases import sqlite_ledgers
from bench.growth.rules import write_rules
from bench.growth.running import Cost, run_python
from bench.growth.seeds import Year, route_a_year
from bench.growth.shares import RoutingRate, live
from bench.growth.table import GrowthRow, print_all, verdict_of_rate
from bench.processes import PORTAL, Stage, a_stage
from router.cli.commands import COMMANDS
from router.ledger import Ledger, open_ledger
from router.ledger.tables import DECISIONS, FOLLOW_UPS
from router.routing.reports.replay import replay_decision
from router.store.store import open_store
from tests.world.time import NOW

ENDS = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
SIZES = (1_000, 2_000)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    rules = write_rules(tmp_path_factory.mktemp("growth") / "rules")
    with a_stage(config=rules, calls_per_10s=5_000) as stage:
        yield stage


@pytest.fixture(scope="module")
def year(stage: Stage) -> Year:
    """A year of two revisions with twelve leads each."""
    return route_a_year(stage, months=2, leads=12, ends=ENDS)


@pytest.fixture(scope="module")
def urls(year: Year, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, str]]:
    folder = tmp_path_factory.mktemp("ledgers")
    fills = {size: lambda ledger, size=size: clone(year, ledger, decisions=size, ends=ENDS) for size in SIZES}
    with sqlite_ledgers(fills, kept=folder / "kept", copies=folder, portal=PORTAL, key="test") as ledgers:
        yield dict(ledgers.urls)


@pytest.fixture
def ledger(urls: dict[int, str]) -> Iterator[Ledger]:
    opened = open_ledger(urls[SIZES[0]], PORTAL)
    yield opened
    opened.close()


def test_every_clone_comes_out_the_same_when_it_is_decided_again(ledger: Ledger) -> None:
    with ledger.database.connect() as connection:
        rows = connection.execute(select(DECISIONS).where(DECISIONS.c.decided_at < ENDS.isoformat())).all()
    chosen = rows[:: PER_SLOT + 7]

    found = [replay_decision(ledger, row.id) for row in chosen]

    assert len(chosen) > 10
    assert all(one is not None and one.identical for one in found)
    assert [one.record["contact_id"] for one in found if one] == [row.contact_id for row in chosen]


def test_each_kind_of_database_is_filled_alike(year: Year, database_url: str) -> None:
    with closing(open_ledger(database_url, PORTAL)) as opened:
        clone(year, opened, decisions=SIZES[0], ends=ENDS)
        with opened.database.connect() as connection:
            filled = connection.execute(select(func.count()).select_from(DECISIONS)).scalar_one()
        (decision,) = opened.decisions_of(str(FIRST_CONTACT + 3))

    assert filled == SIZES[0]
    assert decision["contact_id"] == str(FIRST_CONTACT + 3)


def test_clones_are_spread_over_the_year_and_decided_by_the_rules_of_their_day(
    ledger: Ledger, year: Year
) -> None:
    with ledger.database.connect() as connection:
        query = select(
            DECISIONS.c.revision,
            func.min(DECISIONS.c.decided_at),
            func.max(DECISIONS.c.decided_at),
            func.count(),
        ).group_by(DECISIONS.c.revision)
        spans = {row[0]: row[1:] for row in connection.execute(query)}

    assert sum(count for _, _, count in spans.values()) == SIZES[0]
    for month in year.months:
        first, last, count = spans[month.policy.revision]
        assert month.begins.isoformat() < first < last < month.ends.isoformat()
        assert count == SIZES[0] / 2


def test_every_clone_has_its_event_and_its_follow_up(ledger: Ledger) -> None:
    contact = str(FIRST_CONTACT + 3)
    (decision,) = ledger.decisions_of(contact)

    events, follow_ups = ledger.events_of(contact), ledger.follow_ups.of_contact(contact)

    assert {one.decision_id for one in events} == {decision["id"]}
    assert [one.decision_id for one in follow_ups] == [decision["id"]]
    assert follow_ups[0].assigned_at.isoformat() == decision["decided_at"]


def test_what_is_open_does_not_grow_with_the_past(urls: dict[int, str]) -> None:
    waiting = []
    for url in urls.values():
        opened = open_ledger(url, PORTAL)
        with opened.database.connect() as connection:
            query = select(func.count()).where(
                FOLLOW_UPS.c.first_response_at.is_(None), FOLLOW_UPS.c.ended_at.is_(None)
            )
            waiting.append(connection.execute(query).scalar_one())
        opened.close()

    assert waiting[0] > 0
    assert max(waiting) < 1_000


def test_a_ledger_that_was_built_is_built_once(tmp_path: Path) -> None:
    built = []
    for _ in range(2):
        with sqlite_ledgers(
            {50: built.append}, kept=tmp_path / "kept", copies=tmp_path, portal=PORTAL, key="one"
        ) as ledgers:
            assert list(ledgers.urls) == [50]

    assert len(built) == 1


def test_commands_and_jobs_run_on_a_cloned_ledger(stage: Stage, urls: dict[int, str]) -> None:
    rows = []
    wanted = {job.name for job in jobs.JOBS}
    for size, url in urls.items():
        environment = stage.environment | {"DATABASE_URL": url}
        opened = open_ledger(url, PORTAL)
        facts = facts_of(opened)
        opened.close()
        context = jobs.open_jobs(stage, environment, facts)
        for job in jobs.JOBS:
            row = next((one for one in rows if one.name == job.name), None)
            if row is None:
                rows.append(row := GrowthRow("sqlite", job.name, job.unit))
            row.note(size, job.cost(context))
        context.services.ledger.close()
        assert all(
            "{" not in word
            for calls in CALLS.values()
            for call in calls
            for word in arguments_of(call, facts)
        )

    assert {row.name for row in rows} == wanted
    assert all(cost > 0 for row in rows for cost in row.seconds.values())


def test_every_command_and_job_is_measured_or_exempt_with_a_reason() -> None:
    assert undecided() == ()
    assert jobs.undecided_jobs() == ()
    assert {*CALLS, *EXEMPT} == set(COMMANDS)
    assert not CALLS.keys() & EXEMPT.keys()
    assert all(EXEMPT.values())
    assert all(jobs.EXEMPT_JOBS.values())


def test_a_new_command_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "new", ("new", "A command of tomorrow."))  # type: ignore[misc]

    assert undecided() == ("new",)


def a_row(costs: dict[int, float], *, waits: bool = False, leads: dict[int, int] | None = None) -> GrowthRow:
    row = GrowthRow("sqlite", "explain", "run", waits=waits, noise_s=1e-5 if leads else 0.01)
    for size, seconds in costs.items():
        row.note(size, Cost(seconds, seconds / 2), leads=leads[size] if leads else None)
    return row


@pytest.mark.parametrize(
    ("costs", "waits", "verdict"),
    [
        ({480: 0.5, 10_000: 0.52, 100_000: 0.55}, True, "ok"),
        ({480: 0.1, 10_000: 0.2, 100_000: 0.9}, True, "grows"),
        ({480: 0.1, 10_000: 0.3, 100_000: 2.3}, True, "grows, > 1 s"),
        ({480: 1.4, 10_000: 1.4, 100_000: 1.4}, True, "> 1 s"),
        ({480: 1.4, 10_000: 1.4, 100_000: 1.4}, False, "ok"),
    ],
)
def test_a_row_is_judged_by_its_growth_and_by_whom_waits(
    costs: dict[int, float], waits: bool, verdict: str
) -> None:
    assert a_row(costs, waits=waits).verdict == verdict


def test_a_call_for_many_leads_is_judged_for_each_of_them() -> None:
    leads = {480: 40, 10_000: 840, 100_000: 8_040}
    linear = a_row({480: 0.5, 10_000: 1.3, 100_000: 8.5}, leads=leads)
    quadratic = a_row({480: 0.5, 10_000: 1.3, 100_000: 80.5}, leads=leads)

    assert (linear.verdict, quadratic.verdict) == ("ok", "grows")
    assert linear.costs == pytest.approx({10_000: 0.001, 100_000: 0.001})


def test_a_row_without_a_figure_says_why() -> None:
    row = a_row({480: 0.5, 10_000: 0.5})
    row.problems[100_000] = "> 120 s"

    assert row.verdict == "> 120 s"


def test_routing_is_judged_against_the_first_day() -> None:
    first = RoutingRate(50, 0, fields=39, per_s=3_000, cpu_us=220, health_ms=5)
    same = RoutingRate(50, 3, fields=39, per_s=3_000, cpu_us=240, health_ms=5)
    slower = RoutingRate(50, 3, fields=39_000, per_s=900, cpu_us=660, health_ms=250)

    verdicts = [verdict_of_rate(one, (first, one)) for one in (first, same, slower)]

    assert verdicts == ["ok", "ok", "3.0 x first day"]


def test_a_rate_that_could_not_be_measured_says_why_and_judges_no_other() -> None:
    late = RoutingRate(50, 0, problem="200 contacts have no owner after 120 s")
    after = RoutingRate(50, 3, fields=39, per_s=3_000, cpu_us=240, health_ms=5)

    assert verdict_of_rate(late, (late, after)) == "200 contacts have no owner after 120 s"
    assert verdict_of_rate(after, (late, after)) == "ok"


def test_the_table_fits_into_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = (480, 10_000, 100_000, 1_000_000)
    row = a_row({size: size / 100 for size in sizes}, waits=True)

    print_all([row], [], sizes=sizes)

    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert "10k" in printed
    assert "grows, > 1 s" in printed


def test_years_of_reps_leave_the_book_as_the_product_does(redis_client: redis.Redis) -> None:
    live(redis_client, reps=3, years=1, today=NOW.date())

    store = open_store(redis_client, PORTAL)
    left = set(redis_client.scan_iter(match=f"lr:{{{PORTAL}}}:lead:*"))
    assert left == set()
    assert store.outbox.length() == 0
    assert store.commits.read_book()[1] >= 260


def test_a_slot_is_in_the_daytime_of_the_year_that_ends_today() -> None:
    found = [moment_of(slot, slots=4_000, ends=ENDS) for slot in range(4_000)]

    assert found == sorted(found)
    assert all(9 <= one.hour < 16 for one in found)
    assert ENDS - found[-1] < timedelta(days=2)


def test_a_command_that_never_ends_is_killed_and_one_that_fails_says_why() -> None:
    endless = run_python(["-c", "while True: pass"], {}, patience_s=0.2)
    broken = run_python(["-c", "raise SystemExit('There is no such thing.')"], {}, patience_s=60)
    large = run_python(["-c", "x = b'x' * 200_000_000"], {}, patience_s=60)

    assert endless.problem == "> 0 s"
    assert broken.problem == ""  # exit code 1 is an answer
    assert large.peak_mb > 190


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--sizes", "10x"], "Write 10k, 100k or 1M"),
        (["--sizes", "10"], "no size of 50 or more"),
        (["--databases", "mysql"], "'mysql' is no database"),
    ],
)
def test_a_wrong_option_is_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        options(arguments)

    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
