"""Ledgers of every age become the ledger of today, once, whatever happens meanwhile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, MetaData, Table, Text, inspect, text
from sqlalchemy.exc import DBAPIError

from router.ledger import NewerLedger, open_ledger
from router.ledger.engine import engine_of
from router.ledger.migrations.upgrade import to_come, upgrade
from router.ledger.schema import NEWEST, revision_of
from router.ledger.tables import METADATA
from router.routing.reports.replay import replay_decision
from tests.world.databases import PORTAL
from tests.world.newer_ledgers import make_newer
from tests.world.old_ledgers import load
from tests.world.records import a_record

TOGETHER = 8
OPENING = """
import os, sys
from router.ledger import open_ledger
from router.ledger.engine import engine_of
from router.ledger.migrations.upgrade import upgrade

url, together, age = sys.argv[1], int(sys.argv[2]), sys.argv[3]
gate, start = os.pipe()
for _ in range(together):
    if os.fork() == 0:
        os.read(gate, 1)
        if age == "old":
            upgrade(engine_of(url))  # which tries once, and so needs its lock
        ledger = open_ledger(url, "4242")
        os.write(1, b"%d\\n" % len(ledger.recent(limit=1000)))  # whole lines only
        os._exit(0)
os.write(start, b"!" * together)
sys.exit(sum(os.waitstatus_to_exitcode(os.wait()[1]) != 0 for _ in range(together)))
"""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = engine_of(database_url)
    yield opened
    opened.dispose()


def differences(engine: Engine, metadata: MetaData = METADATA) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def where_of(engine: Engine, table: str, name: str) -> list[str]:
    """The conditions of a partial index, as the database tells them."""
    (index,) = [one for one in inspect(engine).get_indexes(table) if one["name"] == name]
    where = str(index["dialect_options"][f"{engine.dialect.name}_where"])
    return [one.strip("() ") for one in where.split("AND")]


def test_an_empty_database_gets_the_tables_as_they_are_declared(engine: Engine) -> None:
    upgrade(engine)

    assert differences(engine) == []
    assert revision_of(engine) == NEWEST == to_come(None)[-1].revision  # type: ignore[index]


def test_a_table_that_no_migration_makes_would_be_noticed(engine: Engine) -> None:
    upgrade(engine)
    other = MetaData()
    for table in METADATA.sorted_tables:
        table.to_metadata(other)
    other.tables["events"].append_column(Column("forgotten", Text))
    Table("also_forgotten", other, Column("id", Text, primary_key=True))

    found = [difference[0] for difference in differences(engine, other)]  # type: ignore[index]

    assert sorted(found) == ["add_column", "add_table"]


def test_the_index_of_rows_to_be_rewritten_holds_no_others(engine: Engine) -> None:
    upgrade(engine)

    assert where_of(engine, "decisions", "decisions_without_book_changes") == ["book_changes IS NULL"]


def test_the_index_of_unanswered_leads_holds_no_others(engine: Engine) -> None:
    upgrade(engine)

    assert where_of(engine, "follow_ups", "follow_ups_unanswered") == [
        "ended_at IS NULL",
        "outcome IS NULL",
        "first_response_at IS NULL",
        "due_at IS NOT NULL",
    ]


def test_a_ledger_from_before_migrations_is_taken_over(engine: Engine, database_url: str) -> None:
    load(database_url)
    before = revision_of(engine)

    steps = upgrade(engine)

    assert before is None
    assert steps[0].revision == "0001"
    assert differences(engine) == []


def test_an_older_ledger_that_lacks_a_table_gets_it(engine: Engine, database_url: str) -> None:
    load(database_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE follow_ups"))

    ledger = open_ledger(database_url, PORTAL)
    ledger.record([a_record()], [])
    ledger.close()

    assert differences(engine) == []


def test_every_decision_of_an_old_ledger_comes_out_again(database_url: str) -> None:
    load(database_url)

    ledger = open_ledger(database_url, PORTAL)
    replayed = [replay_decision(ledger, one["id"]) for one in ledger.recent(limit=1_000)]
    ledger.close()

    assert len(replayed) == 103
    assert [one for one in replayed if one is None or not one.identical] == []


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    upgrade(engine)

    assert upgrade(engine) == ()


@pytest.mark.parametrize("age", ["empty", "old"])
def test_processes_that_start_together_all_get_in(database_url: str, engine: Engine, age: str) -> None:
    if age == "old":
        load(database_url)
    opened = subprocess.run(
        [sys.executable, "-c", OPENING, database_url, str(TOGETHER), age], capture_output=True, text=True
    )
    lines = opened.stdout.splitlines()

    assert opened.returncode == 0, opened.stderr
    assert len([line for line in lines if "ledger.upgraded" in line]) == 1
    assert [line for line in lines if line.isdecimal()] == ["103" if age == "old" else "0"] * TOGETHER
    assert differences(engine) == []


def test_an_upgrade_that_fails_leaves_the_ledger_as_it_was(engine: Engine, database_url: str) -> None:
    load(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE INDEX decisions_without_book_changes ON decisions (rule)"))

    with pytest.raises(DBAPIError):
        upgrade(engine)

    assert revision_of(engine) is None
    assert not inspect(engine).has_table("alembic_version")
    assert "events_by_kind" not in {one["name"] for one in inspect(engine).get_indexes("events")}


def test_a_newer_ledger_is_refused_in_one_sentence(engine: Engine, database_url: str) -> None:
    make_newer(database_url, PORTAL)

    with pytest.raises(NewerLedger) as refused:
        open_ledger(database_url, PORTAL)

    sentence = str(refused.value)
    assert str(engine.url.database) in sentence
    assert (
        f"has schema 0099, which this version of Lead Router does not know: it knows up to {NEWEST}"
        in sentence
    )
    assert "Start the newer version again, or restore the backup" in sentence


def test_a_current_ledger_is_opened_without_loading_alembic(database_url: str) -> None:
    open_ledger(database_url, PORTAL).close()
    looking = "import sys\nfrom router.ledger import open_ledger\nopen_ledger(sys.argv[1], '4242')\n"

    opened = subprocess.run(
        [sys.executable, "-c", f"{looking}print('alembic' in sys.modules)", database_url],
        capture_output=True,
        text=True,
    )

    assert opened.stdout == "False\n", opened.stderr
