"""The ledger: which lead went where, when and why, in an SQL history that outlives Redis."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, select

from router.ledger.decision_columns import columns_of
from router.ledger.follow_ups import FollowUps
from router.ledger.follow_ups.begun import assigned_rows, claimed_rows
from router.ledger.follow_ups.ended import close_left
from router.ledger.follow_ups.revised import replace_revised
from router.ledger.follow_ups.updates import forget
from router.ledger.merges import Merges
from router.ledger.nights import NightHistory
from router.ledger.opening.database import Database
from router.ledger.pruning.pruning import Pruning
from router.ledger.querying import PortalTables, no_index
from router.ledger.revisions import RevisionHistory
from router.ledger.rewriting.rewrites import Rewrites
from router.ledger.shares import Shares
from router.ledger.sums.day_sums import DaySums
from router.ledger.tables import DECISIONS, EVENTS, FOLLOW_UPS, REVISIONS
from router.rulefiles.packing import packed, unpacked


class LedgerEvent(Struct, frozen=True):
    """One event in the life of a lead. `detail` holds ids and words, never personal data."""

    at: str
    kind: str
    decision_id: str | None
    detail: Mapping[str, Any]


class Ledger(PortalTables):
    """The ledger of one portal. Recording is safe to repeat: every row has an id that is unique for ever."""

    def __init__(self, database: Database, portal: str) -> None:
        super().__init__(database, portal)
        self.database = database
        self.revisions = RevisionHistory(database, portal)
        self.shares = Shares(database, portal)
        self.follow_ups = FollowUps(database, portal)
        self.nights = NightHistory(database, portal)
        self.rewrites = Rewrites(database)
        self.merges = Merges(database, portal)
        self.sums = DaySums(database, portal)
        self.pruning = Pruning(database, portal, self.sums)

    def record(
        self,
        decisions: Sequence[str | Mapping[str, Any]],
        events: Sequence[tuple[str, str, Mapping[str, Any]]],
    ) -> None:
        """Write decisions (records, best as the JSON that they are) and events in one transaction.

        Events are entry id, contact id and record.
        """
        records = [one if isinstance(one, str) else orjson.dumps(one).decode() for one in decisions]
        made = [columns_of(record) for record in records]
        decision_rows = [one.as_row(self._portal, record) for one, record in zip(made, records, strict=True)]
        event_rows = [self._event_row(*line) for line in events]
        begun = assigned_rows(made, portal=self._portal)

        def write(connection: Connection) -> None:
            self.add(connection, DECISIONS, decision_rows)
            self.add(connection, EVENTS, event_rows)
            claimed = claimed_rows(connection, events, portal=self._portal)
            self.add(connection, FOLLOW_UPS, begun + claimed)
            replace_revised(connection, made, portal=self._portal)
            close_left(connection, made, events, portal=self._portal)

        self._database.write(write)

    def _event_row(self, line_id: str, contact_id: str, record: Mapping[str, Any]) -> dict[str, Any]:
        detail = {name: value for name, value in record.items() if name not in ("at", "kind", "decision")}
        return {
            "id": f"{self._portal}-{line_id}",
            "portal": self._portal,
            "contact_id": contact_id,
            "at": record["at"],
            "kind": record["kind"],
            "decision_id": record.get("decision"),
            "detail": orjson.dumps(detail).decode(),
        }

    def decisions_of(self, contact_id: str) -> tuple[dict[str, Any], ...]:
        """The records of every decision about a contact, first to last."""
        query = (
            select(DECISIONS.c.record)
            .where(no_index(DECISIONS.c.portal) == self._portal, DECISIONS.c.contact_id == contact_id)
            .order_by(DECISIONS.c.decided_at, DECISIONS.c.episode)
        )
        return tuple(map(orjson.loads, self.values(query)))

    def decision(self, decision_id: str) -> dict[str, Any] | None:
        """The record of one decision, or None if it was never recorded here."""
        query = select(DECISIONS.c.record).where(
            DECISIONS.c.portal == self._portal, DECISIONS.c.id == decision_id
        )
        record = self.value(query)
        return None if record is None else dict(orjson.loads(record))

    def events_of(self, contact_id: str) -> tuple[LedgerEvent, ...]:
        """Everything that happened to a contact, first to last."""
        return self._events(no_index(EVENTS.c.portal) == self._portal, EVENTS.c.contact_id == contact_id)

    def events_of_nobody(self, kinds: Collection[str], *, since: datetime) -> tuple[LedgerEvent, ...]:
        """Events of these kinds at or after `since` (aware UTC) that belong to no contact, first to last."""
        return self._events(
            EVENTS.c.portal == self._portal,
            no_index(EVENTS.c.contact_id) == "",
            EVENTS.c.kind.in_(kinds),
            EVENTS.c.at >= since.isoformat(),
        )

    def _events(self, *where: ColumnElement[bool]) -> tuple[LedgerEvent, ...]:
        query = (
            select(EVENTS.c.at, EVENTS.c.kind, EVENTS.c.decision_id, EVENTS.c.detail)
            .where(*where)
            .order_by(EVENTS.c.at)
        )
        return tuple(
            LedgerEvent(row.at, row.kind, row.decision_id, orjson.loads(row.detail))
            for row in self.rows(query)
        )

    def recent(self, *, limit: int = 100) -> tuple[dict[str, Any], ...]:
        """The records of the latest decisions, newest first."""
        query = (
            select(DECISIONS.c.record)
            .where(DECISIONS.c.portal == self._portal)
            .order_by(DECISIONS.c.decided_at.desc())
            .limit(limit)
        )
        return tuple(map(orjson.loads, self.values(query)))

    def decided_since(self, moment: datetime) -> Iterator[dict[str, Any]]:
        """The records of decisions made at or after `moment` (aware UTC), first to last, read as a stream."""
        query = (
            select(DECISIONS.c.record)
            .where(DECISIONS.c.portal == self._portal, DECISIONS.c.decided_at >= moment.isoformat())
            .order_by(DECISIONS.c.decided_at)
        )
        with self._database.connect() as connection:
            for record in connection.execution_options(yield_per=1_000).execute(query).scalars():
                yield orjson.loads(record)

    def decisions_ended_by(self, kinds: Collection[str], *, since: datetime) -> frozenset[str]:
        """Ids of decisions that an event of one of these kinds names, at or after `since` (aware UTC)."""
        query = select(EVENTS.c.decision_id).where(
            EVENTS.c.portal == self._portal,
            EVENTS.c.kind.in_(kinds),
            EVENTS.c.at >= since.isoformat(),
            EVENTS.c.decision_id.is_not(None),
        )
        return frozenset(self.values(query))

    def assigned_since(self, moment: datetime) -> dict[str, str]:
        """The last owner id that we gave each contact at or after `moment` (aware UTC), by contact id."""
        query = (
            select(DECISIONS.c.contact_id, DECISIONS.c.owner_id)
            .where(
                DECISIONS.c.portal == self._portal,
                DECISIONS.c.owner_id.is_not(None),
                DECISIONS.c.decided_at >= moment.isoformat(),
            )
            .order_by(DECISIONS.c.decided_at)
        )
        return {row.contact_id: row.owner_id for row in self.rows(query)}

    def keep_revision(self, revision: str, files: Mapping[str, bytes], *, live_since: datetime) -> None:
        """Keep the rule files of a revision, so that its decisions can be explained for ever."""
        row = {
            "portal": self._portal,
            "revision": revision,
            "live_since": live_since.isoformat(),
            "files": packed(files),
        }
        self._database.write(lambda connection: self.add(connection, REVISIONS, [row]))

    def files_of(self, revision: str) -> dict[str, bytes] | None:
        """The rule files of a revision, or None if it was never live here."""
        query = select(REVISIONS.c.files).where(
            REVISIONS.c.portal == self._portal, REVISIONS.c.revision == revision
        )
        files = self.value(query)
        return None if files is None else unpacked(files)

    def erase(self, contact_id: str) -> int:
        """Delete every row about a contact; return how many there were.

        Its follow-ups stay, without its id.
        """

        def write(connection: Connection) -> int:
            forget(connection, contact_id, portal=self._portal)
            self.shares.keep_totals(connection, contact_id)
            self.nights.forget(connection, contact_id)
            return sum(
                connection.execute(
                    delete(table).where(
                        no_index(table.c.portal) == self._portal, table.c.contact_id == contact_id
                    )
                ).rowcount
                for table in (DECISIONS, EVENTS)
            )

        lines = self._database.write(write)
        self._forget_journal()
        return lines

    def _forget_journal(self) -> None:
        """Empty SQLite's write-ahead log, which keeps what was deleted until it is folded into the file."""
        if self._database.dialect.name == "sqlite":
            with self._database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connections."""
        self._database.dispose()


def open_ledger(url: str, portal: str) -> Ledger:
    """Open the ledger at a database URL (`sqlite:///…`, `postgresql://…`), and upgrade an old schema.

    Raises `NewerLedger`, or an error of the database.
    """
    ledger = Ledger(Database(url), portal)
    ledger.database.open()
    return ledger


def ledger_at(url: str, portal: str, *, may_create: Callable[[], bool] = lambda: True) -> Ledger:
    """The ledger at a database URL, opened at its first use: a process starts whatever state it is in.

    `may_create` is asked before a SQLite file that is not there is made.
    """
    return Ledger(Database(url, may_create=may_create), portal)
