"""Rows older than LEDGER_KEEP leave the ledger in small portions; sums, totals and counts stay.

First the sums of a day become final: from then on they alone stand for the day. Only then are its rows
deleted, each portion in one transaction with what it leaves behind: the totals of the share book, and the
number of decisions by each revision. So a process may be killed at any moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, select, text, tuple_, update
from sqlalchemy.exc import OperationalError

from router.ledger.opening.database import Database
from router.ledger.pruning.leftovers import count_by_revision, keep_book_totals, old_revisions
from router.ledger.querying import PortalTables, no_index
from router.ledger.rewriting.book_changes import COLUMNS
from router.ledger.sums.day_sums import KINDS, DaySums
from router.ledger.tables import (
    DAY_CHANGES,
    DECISIONS,
    EVENTS,
    FOLLOW_UPS,
    KEPT_SINCE,
    NIGHT_MOVES,
    NIGHTS,
    REVISIONS,
)

AT_A_TIME: Final = 500
WAITS_MS: Final = 500
"""Longest wait on PostgreSQL for writers to end before the sums of a day become final."""
Remembered = Callable[[Sequence[str]], Collection[str]]
"""Those of some contacts that something is still to come of: their rows stay."""


class Pruned(Struct, frozen=True):
    """Result of one run: rows deleted, and the seconds that it took."""

    rows: int
    took_s: float


class Pruning(PortalTables):
    """The old rows of one portal."""

    def __init__(self, database: Database, portal: str, sums: DaySums) -> None:
        super().__init__(database, portal)
        self._sums = sums

    def pending(self, *, before: date) -> bool:
        """Whether decisions or follow-ups older than `before` (a UTC day) are left."""
        return self._first_day(date.min, before=before) is not None

    def prune_some(self, *, before: date, remembered: Remembered, now: datetime, longest_s: float) -> Pruned:
        """Delete rows older than `before` (a UTC day) until none is left or `longest_s` have passed.

        Rows of `remembered` contacts stay; so do events that belong to no contact. Safe to repeat, and to
        kill.
        """
        began, rows = time.monotonic(), 0
        for deleted in self._portions(before=before, remembered=remembered, now=now):
            rows += deleted
            if time.monotonic() - began >= longest_s:
                break
        return Pruned(rows, round(time.monotonic() - began, 3))

    def _portions(self, *, before: date, remembered: Remembered, now: datetime) -> Iterator[int]:
        """Each step takes some milliseconds; yields the number of rows that it deleted."""
        while (day := self._day_to_finish(before=before)) is not None:
            if not self._finish(day, now=now):
                return  # its rows changed just now: the next run tries again
            yield from self._rows_of(DECISIONS, "decided_at", day + timedelta(days=1), remembered)
            yield 0
        kept = self._sums.table.kept_since()
        if kept is None:
            return
        yield from self._rows_of(DECISIONS, "decided_at", kept, remembered)
        yield from self._rows_of(FOLLOW_UPS, "assigned_at", kept, remembered)
        for kind in self._kinds():
            yield from self._rows_of(EVENTS, "at", kept, remembered, kind=kind)
        yield self._delete_rest(kept)

    def _day_to_finish(self, *, before: date) -> date | None:
        return self._first_day(self._sums.table.kept_since() or date.min, before=before)

    def _first_day(self, since: date, *, before: date) -> date | None:
        """The first day from `since` to before `before` that has decisions or follow-ups."""
        days = []
        for table, at in ((DECISIONS, DECISIONS.c.decided_at), (FOLLOW_UPS, FOLLOW_UPS.c.assigned_at)):
            first = self.value(
                select(at)
                .where(table.c.portal == self._portal, at >= str(since), at < str(before))
                .order_by(at)
                .limit(1)
            )
            days += [] if first is None else [date.fromisoformat(first[:10])]
        return min(days, default=None)

    def _finish(self, day: date, *, now: datetime) -> bool:
        """Make the sums of the day final; False if they do not hold at that moment."""
        for kind in KINDS:
            if day not in self._sums.table.holding(kind, since=day):
                self._sums.make(kind, day, now=now)
        kept = {"day": str(day + timedelta(days=1))}
        with suppress(OperationalError), self._database.connect() as connection, connection.begin() as change:
            self._keep_writers_out(connection)
            mine = KEPT_SINCE.c.portal == self._portal
            if connection.execute(update(KEPT_SINCE).where(mine).values(kept)).rowcount == 0:
                self.add_one(connection, KEPT_SINCE, {"portal": self._portal, **kept})
            if all(self._sums.table.holds(connection, kind, day) for kind in KINDS):
                return True
            change.rollback()
        return False

    def _keep_writers_out(self, connection: Connection) -> None:
        """No row changes until the transaction ends: SQLite's first write sees to it, PostgreSQL is asked."""
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = {WAITS_MS}"))
            connection.execute(text("LOCK TABLE decisions, events, follow_ups IN SHARE MODE"))

    def _rows_of(
        self, table: Table, at: str, before: date, remembered: Remembered, *, kind: str | None = None
    ) -> Iterator[int]:
        """Delete the table's rows older than `before`, oldest first; each portion begins after the last."""
        key = "decision_id" if table is FOLLOW_UPS else "id"
        place = (table.c[at], table.c[key])
        extra = COLUMNS if table is DECISIONS else ()
        wanted = ("outcome", "revision") if table is DECISIONS else ()
        columns: list[ColumnElement[Any]] = [*place, table.c.contact_id]
        query = (
            select(*columns, *(table.c[name] for name in wanted), *extra)
            .where(table.c.portal == self._portal, table.c[at] < str(before))
            .order_by(*place)
            .limit(AT_A_TIME)
        )
        if kind is not None:
            query = query.where(table.c.kind == kind, table.c.contact_id != "")
        after: tuple[str, str] | None = None
        while True:
            page = query
            if after is not None:
                page = page.where(table.c[at] >= after[0], tuple_(*place) > after)
            rows = self.rows(page)
            if not rows:
                return
            after = (getattr(rows[-1], at), getattr(rows[-1], key))
            stay = set(remembered(sorted({row.contact_id for row in rows if row.contact_id})))
            yield self._delete(table, key, [row for row in rows if row.contact_id not in stay])

    def _delete(self, table: Table, key: str, rows: Sequence[Row[Any]]) -> int:
        """Delete these rows, all or none: another process may have been first, or an erasure."""
        if not rows:
            return 0
        ids = [getattr(row, key) for row in rows]
        with self._database.connect() as connection, connection.begin() as change:
            portal = table.c.portal if table.c.portal.primary_key else no_index(table.c.portal)
            mine = (portal == self._portal, table.c[key].in_(ids))
            deleted = connection.execute(delete(table).where(*mine)).rowcount
            if deleted != len(ids):
                change.rollback()
                return 0
            if table is DECISIONS:
                keep_book_totals(connection, self._portal, rows)
                count_by_revision(connection, self._portal, rows)
        return deleted

    def _kinds(self) -> Iterator[str]:
        """Every kind of event, by one look into an index for each."""
        last = ""
        while True:
            query = select(func.min(EVENTS.c.kind)).where(
                EVENTS.c.portal == self._portal, EVENTS.c.kind > last
            )
            found = self.value(query)
            if found is None:
                return
            yield found
            last = found

    def _delete_rest(self, kept: date) -> int:
        """Delete old nights, rule files that no decision names, and what is noted of days that are final."""
        day = kept.isoformat()
        with self._database.begin() as connection:
            rows = sum(
                connection.execute(
                    delete(table).where(table.c.portal == self._portal, table.c.day < day)
                ).rowcount
                for table in (NIGHTS, NIGHT_MOVES)
            )
            connection.execute(
                delete(DAY_CHANGES).where(DAY_CHANGES.c.portal == self._portal, DAY_CHANGES.c.day < day)
            )
            gone = old_revisions(connection, self._portal, before=day)
            mine = (REVISIONS.c.portal == self._portal, REVISIONS.c.revision.in_(gone))
            return rows + connection.execute(delete(REVISIONS).where(*mine)).rowcount
