"""The reports of the nights, with the leads that they moved or would have moved."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, insert, select

from router.ledger.querying import PortalTables
from router.ledger.tables import NIGHT_MOVES, NIGHTS
from router.policy.reports.night_report import NightMove, NightReport, report_as_record, report_of_record


class NightHistory(PortalTables):
    """The nights of one portal."""

    def keep(self, report: NightReport) -> None:
        """Store the report of a night in place of an earlier one. Safe to repeat."""
        night = {"portal": self._portal, "day": report.day}
        moves = [
            {
                **night,
                "contact_id": one.contact_id,
                "reason": one.reason,
                "moment": one.moment,
                "came_from": one.came_from,
                "goes_to": one.goes_to,
                "rule": one.rule,
                "outcome": one.outcome,
                "note": one.note,
            }
            for one in report.moves
        ]
        written = orjson.dumps(report_as_record(report)).decode()

        def write(connection: Connection) -> None:
            for table in (NIGHTS, NIGHT_MOVES):
                connection.execute(
                    delete(table).where(table.c.portal == self._portal, table.c.day == report.day)
                )
            connection.execute(insert(NIGHTS).values(**night, report=written))
            if moves:
                connection.execute(insert(NIGHT_MOVES), moves)

        self._database.write(write)

    def of(self, day: date) -> NightReport | None:
        """The report of a local date, or None if there was no night or it is not over."""
        query = select(NIGHTS.c.report).where(
            NIGHTS.c.portal == self._portal, NIGHTS.c.day == day.isoformat()
        )
        of_day = (NIGHT_MOVES.c.portal == self._portal, NIGHT_MOVES.c.day == day.isoformat())
        with self._database.connect() as connection:
            written = connection.execute(query).scalar()
            if written is None:
                return None
            order = (NIGHT_MOVES.c.outcome, NIGHT_MOVES.c.reason, NIGHT_MOVES.c.contact_id)
            rows = connection.execute(select(NIGHT_MOVES).where(*of_day).order_by(*order)).all()
        return report_of_record(orjson.loads(written), map(_move, rows))

    def days(self, *, limit: int = 30) -> tuple[date, ...]:
        """The dates that have a report, latest first."""
        query = select(NIGHTS.c.day).where(NIGHTS.c.portal == self._portal)
        days = self.values(query.order_by(NIGHTS.c.day.desc()).limit(limit))
        return tuple(map(date.fromisoformat, days))

    def forget(self, connection: Connection, contact_id: str) -> None:
        """Remove the contact from every night's list of moves; the counts stay."""
        mine = (NIGHT_MOVES.c.portal == self._portal, NIGHT_MOVES.c.contact_id == contact_id)
        connection.execute(delete(NIGHT_MOVES).where(*mine))


def _move(row: Row[Any]) -> NightMove:
    return NightMove(
        contact_id=row.contact_id,
        reason=row.reason,
        moment=row.moment,
        came_from=row.came_from,
        goes_to=row.goes_to,
        rule=row.rule,
        outcome=row.outcome,
        note=row.note,
    )
