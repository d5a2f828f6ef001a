"""The stored sums of days, and which of them still hold.

Triggers of the database note each day whose rows change, in the transaction that changes them. The sums of a
day hold while no change is noted. Making them reads the noted changes, then the rows; storing them takes back
exactly those changes, and is refused if another process stored sums meanwhile. So no order of events leaves
old sums standing, and nothing waits for a lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select, update

from router.ledger.querying import PortalTables
from router.ledger.tables import DAY_CHANGES, DAY_SUMS, KEPT_SINCE

Kind = Literal["shares", "results"]
FORM: Final[Mapping[Kind, int]] = {"shares": 1, "results": 1}
"""The form of the stored texts. Sums of another form are made anew, except those of pruned days."""


class DayState(Struct, frozen=True):
    """What was stored and noted for a day before its rows were read."""

    version: int | None
    """None: no sums are stored."""
    changes: Mapping[str, int]


class DayTexts(Struct, frozen=True):
    """The stored sums of a day, as JSON; `modes` are the modes of its decisions, separated by spaces."""

    modes: str = ""
    sums: str = ""
    missed: str = ""
    curves: str = ""


class DayTable(PortalTables):
    """The stored sums of one portal's days (UTC)."""

    def kept_since(self) -> date | None:
        """The first day whose rows are all kept; None if nothing was ever pruned."""
        found = self.value(select(KEPT_SINCE.c.day).where(KEPT_SINCE.c.portal == self._portal))
        return None if found is None else date.fromisoformat(found)

    def holding(self, kind: Kind, *texts: str, since: date) -> dict[date, tuple[str, ...]]:
        """These texts of each day from `since` on that has sums, and whose rows did not change; in order."""
        query = (
            select(DAY_SUMS.c.day, *(DAY_SUMS.c[name] for name in texts))
            .where(*self._of(kind), DAY_SUMS.c.day >= since.isoformat(), self._holds(kind))
            .order_by(DAY_SUMS.c.day)
        )
        return {date.fromisoformat(row[0]): tuple(row[1:]) for row in self.rows(query)}

    def changed(self, kind: Kind, *, before: date) -> list[date]:
        """The days before `before` with noted changes, latest first; those of pruned days are left out."""
        query = select(DAY_CHANGES.c.day).where(
            DAY_CHANGES.c.portal == self._portal,
            DAY_CHANGES.c.kind == kind,
            DAY_CHANGES.c.day < before.isoformat(),
            DAY_CHANGES.c.day >= (self.kept_since() or date.min).isoformat(),
        )
        found = self.values(query.distinct().order_by(DAY_CHANGES.c.day.desc()))
        return [date.fromisoformat(day) for day in found]

    def holds(self, connection: Connection, kind: Kind, day: date) -> bool:
        """Whether the day has sums and no change is noted since, also if the day is final already."""
        noted = exists().where(
            DAY_CHANGES.c.portal == self._portal, DAY_CHANGES.c.kind == kind, DAY_CHANGES.c.day == str(day)
        )
        made = (*self._of(kind), DAY_SUMS.c.day == str(day), DAY_SUMS.c.form == FORM[kind], ~noted)
        return connection.execute(select(DAY_SUMS.c.day).where(*made)).first() is not None

    def state(self, kind: Kind, day: date) -> DayState:
        """The day's state, to be read before its rows."""
        version = self.value(select(DAY_SUMS.c.version).where(*self._of(kind), DAY_SUMS.c.day == str(day)))
        changes = self.rows(
            select(DAY_CHANGES.c.writer, DAY_CHANGES.c.changes).where(
                DAY_CHANGES.c.portal == self._portal,
                DAY_CHANGES.c.kind == kind,
                DAY_CHANGES.c.day == str(day),
            )
        )
        return DayState(version, {row.writer: row.changes for row in changes})

    def store(self, kind: Kind, day: date, texts: DayTexts, *, state: DayState) -> bool:
        """Store the sums made of rows read after `state`; False if another process was first."""
        values: dict[str, int | str] = {
            "form": FORM[kind],
            "version": (state.version or 0) + 1,
            "modes": texts.modes,
            "sums": texts.sums,
            "missed": texts.missed,
            "curves": texts.curves,
        }
        with self._database.connect() as connection, connection.begin() as transaction:
            taken = self._write(connection, kind, day, values, version=state.version)
            taken = taken and all(
                self._take_back(connection, kind, day, writer, changes)
                for writer, changes in state.changes.items()
            )
            if not taken:
                transaction.rollback()
        return taken

    def forget_changes(self, kind: Kind, *, since: date) -> None:
        """Drop what is noted for days from `since` on that have no sums: these days are not over yet."""
        stored = exists().where(
            DAY_SUMS.c.portal == DAY_CHANGES.c.portal,
            DAY_SUMS.c.kind == DAY_CHANGES.c.kind,
            DAY_SUMS.c.day == DAY_CHANGES.c.day,
        )
        with self._database.begin() as connection:
            connection.execute(
                delete(DAY_CHANGES).where(
                    DAY_CHANGES.c.portal == self._portal,
                    DAY_CHANGES.c.kind == kind,
                    DAY_CHANGES.c.day >= since.isoformat(),
                    ~stored,
                )
            )

    def _write(
        self,
        connection: Connection,
        kind: Kind,
        day: date,
        values: Mapping[str, int | str],
        *,
        version: int | None,
    ) -> bool:
        if version is None:
            row = {"portal": self._portal, "kind": kind, "day": day.isoformat(), **values}
            return self.add_one(connection, DAY_SUMS, row)
        stored = and_(*self._of(kind), DAY_SUMS.c.day == day.isoformat(), DAY_SUMS.c.version == version)
        return connection.execute(update(DAY_SUMS).where(stored).values(values)).rowcount == 1

    def _take_back(self, connection: Connection, kind: Kind, day: date, writer: str, changes: int) -> bool:
        gone = connection.execute(
            delete(DAY_CHANGES).where(
                DAY_CHANGES.c.portal == self._portal,
                DAY_CHANGES.c.kind == kind,
                DAY_CHANGES.c.day == day.isoformat(),
                DAY_CHANGES.c.writer == writer,
                DAY_CHANGES.c.changes == changes,
            )
        )
        return gone.rowcount == 1

    def _of(self, kind: Kind) -> tuple[ColumnElement[bool], ...]:
        return (DAY_SUMS.c.portal == self._portal, DAY_SUMS.c.kind == kind)

    def _holds(self, kind: Kind) -> ColumnElement[bool]:
        change = exists().where(
            DAY_CHANGES.c.portal == DAY_SUMS.c.portal,
            DAY_CHANGES.c.kind == DAY_SUMS.c.kind,
            DAY_CHANGES.c.day == DAY_SUMS.c.day,
        )
        pruned = exists().where(KEPT_SINCE.c.portal == DAY_SUMS.c.portal, KEPT_SINCE.c.day > DAY_SUMS.c.day)
        return or_(pruned, and_(DAY_SUMS.c.form == FORM[kind], ~change))
