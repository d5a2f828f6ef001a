"""A ledger of any size: some hundred leads that were really routed, cloned over a year."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import redis
from sqlalchemy import text

from bench.processes import Stage
from router.bootstrap import open_services
from router.ledger import Ledger
from router.routing.intake.route import route
from router.routing.outbox.record import record_outbox
from router.settings import read_settings

DAYS: Final = 365
ORIGINALS: Final = 300
BLOCK: Final = 20_000
REFUNDED: Final = 0.02
"""Part of the decisions that a person took over."""
TABLES: Final = ("decisions", "events", "follow_ups")


def routed(stage: Stage) -> list[dict[str, Any]]:
    """The records of some hundred leads, routed by the rules of the stage."""
    client = redis.Redis.from_url(stage.valkey.url, decode_responses=True)
    services = open_services(read_settings(stage.environment), client)
    services.rules.refresh()
    ids = stage.sandbox.create_exactly([_a_contact(number) for number in range(ORIGINALS)], announce=False)
    services.store.inbox.append([(one, services.now_ms()) for one in ids])
    while entries := services.store.inbox.take("bench"):
        route(services, entries, consumer="bench")
    record_outbox(services)
    records = [one for one in services.ledger.recent(limit=ORIGINALS) if one["outcome"]["kind"] == "assigned"]
    services.ledger.close()
    return records


def _a_contact(number: int) -> dict[str, str]:
    return {
        "email": f"contact{number}@entreprise{number % 977}.fr",
        "jobtitle": ("Directeur commercial", "Responsable RH", "Comptable")[number % 3],
        "type_demande": ("demo", "devis", "contenu")[number % 3],
        "country": ("France", "FR", "france", "Allemagne")[number % 4],
        "zip": f"{number % 95 + 1:02}100",
    }


def clone(ledger: Ledger, records: list[dict[str, Any]], *, leads: int, now: datetime) -> None:
    """Put that many decisions into the ledger, evenly over the year before `now`, with their outcomes."""
    chance, portal = random.Random(7), ledger._portal
    texts = [(one, orjson.dumps(one).decode()) for one in records]
    step, began = timedelta(days=DAYS) / leads, now - timedelta(days=DAYS)
    for first in range(0, leads, BLOCK):
        rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
        for number in range(first, min(first + BLOCK, leads)):
            record, written = texts[number % len(texts)]
            at = began + number * step
            for table, row in _rows(portal, record, written, number, at, now=now, chance=chance):
                rows[table].append(row)
        _insert(ledger, rows)
    with ledger.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _rows(
    portal: str,
    record: dict[str, Any],
    written: str,
    number: int,
    at: datetime,
    *,
    now: datetime,
    chance: random.Random,
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    contact_id, moment, outcome = str(5_000_000 + number), at.isoformat(), record["outcome"]
    decision_id = f"{contact_id}-0-{number % 65_536:04x}"
    text_of = written.replace(record["id"], decision_id).replace(record["decided_at"], moment)
    text_of = text_of.replace(f'"contact_id":"{record["contact_id"]}"', f'"contact_id":"{contact_id}"')
    mine = (outcome["team"], outcome["rep"], outcome["owner_id"])
    yield (
        "decisions",
        (
            *(decision_id, portal, contact_id, 0, moment, record["revision"], record["rule"], "assigned"),
            *(*mine, record["segment"], record["grade"], record["score"], text_of),
            orjson.dumps(record["book_changes"]).decode(),
        ),
    )
    soon = (at + timedelta(seconds=2)).isoformat()
    yield "events", (f"{portal}-w{number}", portal, contact_id, soon, "written", decision_id, "{}")
    if chance.random() < REFUNDED:
        kind = "taken_by_a_person"
        yield "events", (f"{portal}-t{number}", portal, contact_id, soon, kind, decision_id, "{}")
        return
    answered = at + timedelta(minutes=chance.expovariate(1 / 90)) if chance.random() < 0.85 else None
    answered = answered if answered is None or answered < now else None
    ending = (
        chance.choice(("won", "lost", None, None, None)) if answered and at < now - timedelta(7) else None
    )
    ended = at + timedelta(days=6) if ending else None
    due = at + timedelta(hours=chance.choice((1, 4, 20)))
    dates = [None if one is None else one.isoformat() for one in (due, answered)]
    outcome_at = None if ended is None else (ended - timedelta(hours=1)).isoformat()
    yield (
        "follow_ups",
        (
            *(portal, decision_id, contact_id, *mine, record["rule"], record["revision"]),
            *(record["score"], moment, *dates, "OPEN", None, ending, outcome_at),
            *(None if ended is None else ended.isoformat(), None),
        ),
    )


def _insert(ledger: Ledger, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    sqlite = ledger.database.dialect.name == "sqlite"
    with ledger.database.begin() as connection:
        cursor = connection.connection.cursor()
        for table, some in rows.items():
            marks = ", ".join(["?" if sqlite else "%s"] * len(some[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", some)  # noqa: S608 - our own names
