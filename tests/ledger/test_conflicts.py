"""Two writers of the same rows never wait for each other; if they do, both get through in the end."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Barrier
from weakref import ref

import orjson
import pytest
from sqlalchemy import Connection, event, func, select, text, update

from router.ledger import Ledger, open_ledger
from router.ledger.decision_columns import columns_of
from router.ledger.follow_ups import Seen
from router.ledger.opening.conflicts import is_conflict
from router.ledger.tables import DECISIONS, FOLLOW_UPS, NIGHTS
from tests.world.databases import PORTAL
from tests.world.postgres import a_schema
from tests.world.records import a_record, an_event

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LEADS = ("1", "2", "3")
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
Writer = Callable[[Ledger, list[str]], object]


@pytest.fixture
def on_postgres(postgres_url: str) -> Iterator[Ledger]:
    with a_schema(postgres_url) as url:
        opened = open_ledger(url, PORTAL)
        yield opened
        opened.close()


def decision(contact_id: str) -> str:
    return str(a_record(contact_id)["id"])


def note(ledger: Ledger, leads: list[str]) -> None:
    ledger.follow_ups.note([Seen(decision(one), "OPEN", None, None, None, None) for one in leads], at=NOON)


def look_at(ledger: Ledger, leads: list[str]) -> None:
    ledger.follow_ups.looked_at([decision(one) for one in leads], at=NOON)


def end(ledger: Ledger, leads: list[str]) -> None:
    ledger.follow_ups.end(dict.fromkeys(map(decision, leads), NOON))


def hand_over(ledger: Ledger, leads: list[str]) -> None:
    """The lead with the last id was never its rep's, the others got other owners."""
    last = max(leads)
    refused = an_event("owner_refused") | {"decision": decision(last)}
    events = [(f"1-{one}", one, an_event("owner_changed")) for one in leads if one != last]
    ledger.record([], [*events, ("1-0", last, refused)])


def decide(ledger: Ledger, leads: list[str]) -> None:
    ledger.record([a_record(one) for one in leads], [])


def with_both(
    ledger: Ledger, first: Writer, second: Writer, *, meanwhile: Callable[[Connection], object]
) -> int:
    """The number of conflicts of two writers who both wait for a third one, and then go on."""
    conflicts = []
    event.listen(
        ledger.database._engine,
        "handle_error",
        lambda context: conflicts.append(context) if is_conflict(context.sqlalchemy_exception) else None,
    )
    with ThreadPoolExecutor(2) as pool, ledger.database.connect() as third:
        meanwhile(third)
        one = pool.submit(first, ledger, list(LEADS))
        _until(ledger, waiting=1, unless=one.done)
        other = pool.submit(second, ledger, list(LEADS[::-1]))
        _until(ledger, waiting=2, unless=other.done)
        third.rollback()
        one.result()
        other.result()
    return len(conflicts)


@pytest.mark.parametrize("second", [note, look_at, end, hand_over])
@pytest.mark.parametrize("first", [note, hand_over])
def test_writers_lock_follow_ups_in_one_order(on_postgres: Ledger, first: Writer, second: Writer) -> None:
    decide(on_postgres, list(LEADS))
    middle = select(FOLLOW_UPS).where(FOLLOW_UPS.c.decision_id == decision("2")).with_for_update()

    conflicts = with_both(on_postgres, first, second, meanwhile=lambda third: third.execute(middle).all())

    assert conflicts == 0


def test_writers_add_decisions_in_one_order(on_postgres: Ledger) -> None:
    record = orjson.dumps(a_record("2")).decode()
    row = columns_of(record).as_row(PORTAL, record)

    conflicts = with_both(
        on_postgres, decide, decide, meanwhile=lambda third: third.execute(DECISIONS.insert(), row)
    )

    assert conflicts == 0
    assert len(on_postgres.recent()) == len(LEADS)


def test_a_transaction_that_was_ended_for_another_one_is_run_again(on_postgres: Ledger) -> None:
    decide(on_postgres, list(LEADS))
    both_began, began = Barrier(2), list[str]()

    def one_after_the_other(first: str, then: str) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            _look_at(connection, first)
            began.append(first)
            if began.count(first) == 1:
                both_began.wait()
            _look_at(connection, then)

        return work

    with ThreadPoolExecutor(2) as pool:
        works = (one_after_the_other("1", "2"), one_after_the_other("2", "1"))
        list(pool.map(on_postgres.database.write, works))

    assert sorted(began) in (["1", "1", "2"], ["1", "2", "2"])


def test_what_was_written_is_freed_at_once(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite3", PORTAL)
    work = partial(lambda _connection: None)
    kept = ref(work)

    gc.disable()
    try:
        ledger.database.write(work)
        del work
        assert kept() is None, "the rows of a transaction would wait for the garbage collector"
    finally:
        gc.enable()


def test_on_sqlite_nothing_changes_between_a_read_and_the_write(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite3", PORTAL)
    both_began = Barrier(2)

    def add_the_next(connection: Connection) -> None:
        number = connection.execute(select(func.count()).select_from(NIGHTS)).scalar_one()
        connection.execute(NIGHTS.insert(), {"portal": PORTAL, "day": str(number), "report": ""})

    def add_some(_: int) -> None:
        both_began.wait()
        for _ in range(50):
            ledger.database.write(add_the_next)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add_some, range(2)))
    days = ledger.nights.values(select(NIGHTS.c.day))
    ledger.close()

    assert len(days) == 100


def _until(ledger: Ledger, *, waiting: int, unless: Callable[[], bool]) -> None:
    """Come back when this number of writers waits for another one, or the last of them has ended."""
    with ledger.database.connect() as connection:
        while connection.execute(WAITING).scalar_one() < waiting and not unless():
            connection.rollback()  # the next look sees what is new


def _look_at(connection: Connection, lead: str) -> None:
    row = update(FOLLOW_UPS).where(FOLLOW_UPS.c.decision_id == decision(lead))
    connection.execute(row.values(looked_at=NOON.isoformat()))
