"""Where cloned ledgers live: SQLite files that are kept for the next run, or databases of a PostgreSQL."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine, make_url

from router.ledger import Ledger, open_ledger
from router.ledger.tables import METADATA
from tests.world.postgres import a_server, given_url, programs

DIALECTS: Final = ("sqlite", "postgresql")

Fill = Callable[[Ledger], None]


class NoDatabase(Exception):
    """A database that was asked for is not installed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class BuiltLedgers:
    """Ledgers of several sizes in one kind of database, to be changed at will."""

    dialect: str
    urls: Mapping[int, str]


@contextmanager
def sqlite_ledgers(
    fills: Mapping[int, Fill], *, kept: Path, copies: Path, portal: str, key: str
) -> Iterator[BuiltLedgers]:
    """One file per size in `copies`; what was built for the same `key` before is taken from `kept`."""
    urls = {}
    for size, fill in fills.items():
        file = kept / f"ledger-{size}-{key}-{_schema()}.sqlite3"
        if not file.exists():
            kept.mkdir(parents=True, exist_ok=True)
            for old in kept.glob(f"ledger-{size}-*"):
                old.unlink()
            unfinished = file.with_suffix(".unfinished")
            for leftover in kept.glob(f"{unfinished.name}*"):
                leftover.unlink()
            _filled(f"sqlite:///{unfinished}", portal, fill)
            unfinished.rename(file)
        copy = copies / f"ledger-{size}.sqlite3"
        shutil.copy(file, copy)
        urls[size] = f"sqlite:///{copy}"
    yield BuiltLedgers("sqlite", urls)


@contextmanager
def postgresql_ledgers(fills: Mapping[int, Fill], *, portal: str) -> Iterator[BuiltLedgers]:
    """One database per size, built anew, on the server of DATABASE_URL or on one of our own."""
    given, installed = given_url(), programs()
    if given is not None:
        yield _on_server(given, fills, portal)
    elif installed is None:
        raise NoDatabase(
            "PostgreSQL is not installed. Install it, set DATABASE_URL, or say --databases sqlite."
        )
    else:
        with a_server(installed) as url:
            yield _on_server(url, fills, portal)


def _on_server(server: str, fills: Mapping[int, Fill], portal: str) -> BuiltLedgers:
    urls = {}
    for size, fill in fills.items():
        name = f"growth_{size}"
        _say(server, f"DROP DATABASE IF EXISTS {name}")
        _say(server, f"CREATE DATABASE {name}")
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
        _filled(url, portal, fill)
        _say(url, "VACUUM ANALYZE")  # as the server itself would have done within minutes
        urls[size] = url
    return BuiltLedgers("postgresql", urls)


def _filled(url: str, portal: str, fill: Fill) -> None:
    ledger = open_ledger(url, portal)
    try:
        fill(ledger)
        if ledger.database.dialect.name == "sqlite":
            with ledger.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        ledger.close()


def _say(url: str, statement: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _schema() -> str:
    """A digest of the tables with their indexes: a ledger of another schema is built anew."""
    parts = [
        f"{table.name} {list(map(str, table.columns))} {sorted(str(one.name) for one in table.indexes)}"
        for table in METADATA.sorted_tables
    ]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=4).hexdigest()
