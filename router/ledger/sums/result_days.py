"""The follow-ups of a span of time, one pass over the columns that reports read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import orjson
from sqlalchemy import select

from router.ledger.querying import PortalTables
from router.ledger.sums.day_table import DayTexts
from router.ledger.tables import FOLLOW_UPS
from router.policy.results.follow_up import FollowUp
from router.policy.results.result_sums import ResultSums, result_sums_as_record, result_sums_of

AT_A_TIME: Final = 2_000
_COLUMNS: Final = (
    *(FOLLOW_UPS.c.team, FOLLOW_UPS.c.rep, FOLLOW_UPS.c.assigned_at, FOLLOW_UPS.c.due_at),
    *(FOLLOW_UPS.c.first_response_at, FOLLOW_UPS.c.outcome, FOLLOW_UPS.c.outcome_at, FOLLOW_UPS.c.ended_at),
)


def texts_of(sums: ResultSums, *, now: datetime) -> DayTexts:
    """The sums of a day as they are stored."""
    return DayTexts(sums=orjson.dumps(result_sums_as_record(sums, now=now)).decode())


class ResultRows(PortalTables):
    """One portal's follow-ups, read for sums."""

    def days_before(self, day: date) -> Iterator[date]:
        """The days (UTC) before `day` that have follow-ups, latest first: one look into an index for each."""
        while True:
            query = select(FOLLOW_UPS.c.assigned_at).where(
                FOLLOW_UPS.c.portal == self._portal, FOLLOW_UPS.c.assigned_at < day.isoformat()
            )
            found = self.value(query.order_by(FOLLOW_UPS.c.assigned_at.desc()).limit(1))
            if found is None:
                return
            day = date.fromisoformat(found[:10])
            yield day

    def sums(
        self, *, since: datetime | date, until: date | None = None, up_to: datetime | None = None
    ) -> ResultSums:
        """The sums of leads assigned from `since` on, before the day `until`, and at `up_to` at the latest.

        Moments are aware UTC, days are UTC.
        """
        query = select(*_COLUMNS).where(
            FOLLOW_UPS.c.portal == self._portal,
            FOLLOW_UPS.c.assigned_at >= since.isoformat(),
            FOLLOW_UPS.c.rep.is_not(None),
        )
        if until is not None:
            query = query.where(FOLLOW_UPS.c.assigned_at < until.isoformat())
        if up_to is not None:
            query = query.where(FOLLOW_UPS.c.assigned_at <= up_to.isoformat())
        with self._database.connect() as connection:
            rows = connection.execution_options(yield_per=AT_A_TIME).execute(query)
            return result_sums_of(map(_lead, rows))


def _lead(row: Sequence[Any]) -> FollowUp:
    """The follow-up as far as sums read it."""
    team, rep, assigned_at, due_at, first_response_at, outcome, outcome_at, ended_at = row
    return FollowUp(
        *("", None, team, rep, "", "", "", 0),
        assigned_at=datetime.fromisoformat(assigned_at),
        due_at=_moment(due_at),
        first_response_at=_moment(first_response_at),
        outcome=outcome,
        outcome_at=_moment(outcome_at),
        ended_at=_moment(ended_at),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
