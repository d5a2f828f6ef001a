"""A ledger of any size, cloned by SQL from really routed leads and spread over a year.

A *slot* is a moment with its month's rules, at which one routed lead would have come. Python shifts the
lead's rows to that moment, has the product decide it again (everything but the id has to come out the same)
and leaves a placeholder for the contact; the database then writes fifty contacts per slot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    cast,
    func,
    insert,
    literal,
    select,
)

from bench.growth.seeds import DAYS, Month, Row, Seed, Year
from router.ledger import Ledger
from router.ledger.tables import DECISIONS, EVENTS, FOLLOW_UPS, REVISIONS, RULE_CHANGES
from router.policy.reports.night_report import NightMove, NightReport
from router.routing.reports.replay import compared

PER_SLOT: Final = 50
"""Contacts per slot: real batches decide up to a hundred leads at one moment."""
FIRST_CONTACT: Final = 700_000_000_000
"""Contacts from here on are clones; the portal has never heard of them."""
OPEN: Final = 500
"""Clones that nobody has answered: what is open does not grow with the past."""
OPEN_SINCE: Final = timedelta(days=30)
LOOKED_AT: Final = timedelta(days=45)
"""Follow-ups older than this were looked at tonight; the younger ones are still to be looked at."""
SLOTS_AT_A_TIME: Final = 200
NIGHTS: Final = 120
MOVES_PER_NIGHT: Final = 20
CONTACT: Final = "@contact@"
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")

Show = Callable[[int], None]


def clone(year: Year, ledger: Ledger, *, decisions: int, ends: datetime, show: Show = lambda _: None) -> int:
    """Fill an empty ledger with about that many decisions, which end the day before `ends` (aware UTC).

    Returns their number; `show` is told how many there are so far. What a new version of the ledger rewrites
    in the background is rewritten before the return, and the sums of days are made.
    """
    slots = max(1, decisions // PER_SLOT)
    with ledger.database.begin() as connection:
        connection.execute(insert(REVISIONS), list(year.revisions))
        connection.execute(insert(RULE_CHANGES), list(year.rule_changes))
    with ledger.database.connect() as connection:
        stores = {table: _store(connection, table) for table in (DECISIONS, EVENTS, FOLLOW_UPS)}
        numbers = _numbers(connection)
        for start in range(0, slots, SLOTS_AT_A_TIME):
            here = range(start, min(slots, start + SLOTS_AT_A_TIME))
            rows = [row for slot in here for row in _rows_of(year, slot, slots=slots, ends=ends)]
            for table, store in stores.items():
                mine = [row for of, row in rows if of is table]
                if mine:
                    connection.execute(store.insert(), mine)
                    connection.execute(_multiply(table, store, numbers))
                    connection.execute(store.delete())
            connection.commit()
            show(here.stop * PER_SLOT)
    for number in range(1, NIGHTS + 1):
        ledger.nights.keep(_night(ends - timedelta(days=number), number))
    while ledger.rewrites.rewrite_some() is not None:
        pass
    while ledger.sums.make_some(now=ends, longest_s=10.0).days:
        pass
    return slots * PER_SLOT


def moment_of(slot: int, *, slots: int, ends: datetime) -> datetime:
    """When the slot is (aware UTC): spread evenly over the days, between 9:00 and 16:00."""
    first = ends.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    day, part = divmod(slot * DAYS / slots, 1)
    return first + timedelta(days=day, hours=9, seconds=int(part * 7 * 3600), microseconds=slot % 999_983 + 1)


def _rows_of(year: Year, slot: int, *, slots: int, ends: datetime) -> Iterator[tuple[Table, Row]]:
    """The slot's template rows, each with its table."""
    at = moment_of(slot, slots=slots, ends=ends)
    month = next(one for one in reversed(year.months) if one.begins <= at)
    seed = month.seeds[slot % len(month.seeds)]
    move = _mover(seed, month, at)
    everyone = {"slot": slot, "first": 0, "last": PER_SLOT - 1}
    yield DECISIONS, move(seed.decision) | everyone
    for number, event in enumerate(seed.events):
        yield EVENTS, move(event) | {"id": f"clone-{CONTACT}-{number}"} | everyone
    for row in seed.follow_ups:
        yield from _followed_up(move(row), at, slot=slot, slots=slots, ends=ends)


def _followed_up(
    row: Row, at: datetime, *, slot: int, slots: int, ends: datetime
) -> Iterator[tuple[Table, Row]]:
    """An answered lead, won in one of five; one clone per slot of the last month or more is still open."""
    young = max(1, slots * OPEN_SINCE.days // DAYS)
    looked_at = ends if ends - at > LOOKED_AT else ends - timedelta(days=1)
    row = row | {"looked_at": looked_at.isoformat()}
    begun = {"first_response_at": (at + timedelta(hours=1)).isoformat(), "status": "OPEN"}
    won = {"outcome": "won", "outcome_at": (at + timedelta(days=3)).isoformat(), "stage": "customer"}
    is_open = at >= ends - OPEN_SINCE and row["ended_at"] is None
    still_open = min(PER_SLOT, -(-OPEN // young)) if is_open and slot % max(1, young // OPEN) == 0 else 0
    if still_open:
        yield FOLLOW_UPS, row | {"slot": slot, "first": 0, "last": still_open - 1}
    if still_open < PER_SLOT:
        answered = row | begun | (won if slot % 5 == 0 else {})
        yield FOLLOW_UPS, answered | {"slot": slot, "first": still_open, "last": PER_SLOT - 1}


def _mover(seed: Seed, month: Month, at: datetime) -> Callable[[Row], Row]:
    """A function that moves rows of the seed to that moment, and to a contact to be named later."""
    was = datetime.fromisoformat(seed.decision["decided_at"])
    shift, days = at - was, (was.date().isoformat(), at.date().isoformat())

    def moved(text: str) -> str:
        later = _MOMENT.sub(lambda found: (datetime.fromisoformat(found[0]) + shift).isoformat(), text)
        return later.replace(*days)

    record = orjson.loads(moved(seed.decision["record"]))
    differing = {one.field: one.now for one in compared(record, month.policy).differences}
    new_id = str(differing.pop("id", record["id"]))
    if differing:
        raise ValueError(f"Decision {record['id']} does not come out the same at {at}: {differing}")
    names = (
        (seed.decision["id"], new_id.replace(record["contact_id"], CONTACT)),
        (record["contact_id"], CONTACT),
    )

    def move(row: Row) -> Row:
        return {
            name: _named(moved(value), names) if isinstance(value, str) else value
            for name, value in row.items()
        }

    return move


def _named(text: str, names: Sequence[tuple[str, str]]) -> str:
    for old, new in names:
        text = text.replace(old, new)
    return text


def _store(connection: Connection, table: Table) -> Table:
    """A temporary table for template rows."""
    columns = [Column(one.name, Text if isinstance(one.type, String) else one.type) for one in table.columns]
    places = [Column(name, Integer) for name in ("slot", "first", "last")]
    store = Table(f"clone_{table.name}", MetaData(), *columns, *places, prefixes=["TEMPORARY"])
    store.create(connection)
    return store


def _numbers(connection: Connection) -> Table:
    numbers = Table("clone_numbers", MetaData(), Column("number", Integer), prefixes=["TEMPORARY"])
    numbers.create(connection)
    connection.execute(numbers.insert(), [{"number": one} for one in range(PER_SLOT)])
    return numbers


def _multiply(table: Table, store: Table, numbers: Table) -> Any:
    """One row per template row and contact, in the order of time."""
    contact = cast(
        literal(FIRST_CONTACT, BigInteger) + store.c.slot * PER_SLOT + numbers.c.number, String(20)
    )
    values = [
        func.replace(store.c[one.name], CONTACT, contact)
        if isinstance(one.type, String)
        else store.c[one.name]
        for one in table.columns
    ]
    rows = (
        select(*values)
        .join_from(store, numbers, numbers.c.number.between(store.c.first, store.c.last))
        .order_by(store.c.slot, numbers.c.number)
    )
    return insert(table).from_select([one.name for one in table.columns], rows)


def _night(at: datetime, number: int) -> NightReport:
    moves = [
        NightMove(
            str(FIRST_CONTACT + number * MOVES_PER_NIGHT + one),
            "overdue",
            at.isoformat(),
            "camille",
            "hugo",
            "Chauds",
            "moved",
        )
        for one in range(MOVES_PER_NIGHT)
    ]
    ended = (at + timedelta(minutes=2)).isoformat()
    return NightReport(at.date().isoformat(), at.isoformat(), ended, looked_at=1_000).with_moves(moves)
