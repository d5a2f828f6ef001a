"""The follow-up of each lead that a rep was given: first response, status, stage, won or lost."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Row,
    or_,
    select,
    tuple_,
)

from router.ledger.follow_ups import updates
from router.ledger.follow_ups.ended import end
from router.ledger.follow_ups.updates import Seen
from router.ledger.opening.database import Database
from router.ledger.querying import PortalTables, no_index
from router.ledger.tables import FOLLOW_UPS
from router.policy.results.follow_up import FollowUp, RepResults, results


class FollowUpPage(Struct, frozen=True):
    """Some follow-ups, in the order of their assignment. `after` continues; "" after the last page."""

    follow_ups: tuple[FollowUp, ...]
    after: str


class FollowUps(PortalTables):
    """The follow-ups of one portal. Everything here is safe to repeat.

    Every transaction locks its rows in the order of their decision ids, so that no two can wait for each
    other.
    """

    def __init__(self, database: Database, portal: str) -> None:
        super().__init__(database, portal)
        self._mine = FOLLOW_UPS.c.portal == portal
        self._of_portal = no_index(FOLLOW_UPS.c.portal) == portal
        """The same condition where contacts choose the rows."""

    def results(self, since: datetime) -> tuple[RepResults, ...]:
        """Results per team and rep of the leads assigned at or after `since` (aware UTC)."""
        return results(self.since(since))

    def since(self, moment: datetime, *, rep: str | None = None) -> Iterator[FollowUp]:
        """Every follow-up of leads assigned at or after `moment` (aware UTC), to `rep` or to anybody.

        First to last, read as a stream.
        """
        query = (
            select(FOLLOW_UPS)
            .where(self._mine, FOLLOW_UPS.c.assigned_at >= moment.isoformat())
            .order_by(FOLLOW_UPS.c.assigned_at)
        )
        if rep is not None:
            query = query.where(FOLLOW_UPS.c.rep == rep)
        with self._database.connect() as connection:
            for row in connection.execution_options(yield_per=1_000).execute(query):
                yield _follow_up(row)

    def of_contact(self, contact_id: str) -> tuple[FollowUp, ...]:
        """Every follow-up of one contact, first to last."""
        return self._of_contacts(FOLLOW_UPS.c.contact_id == contact_id)

    def running_of(self, contact_ids: Collection[str]) -> dict[str, FollowUp]:
        """The follow-up of each of these contacts (a few hundred at most) that has not ended."""
        running = self._of_contacts(FOLLOW_UPS.c.contact_id.in_(contact_ids), FOLLOW_UPS.c.ended_at.is_(None))
        return {one.contact_id: one for one in running if one.contact_id is not None}

    def _of_contacts(self, *where: ColumnElement[bool]) -> tuple[FollowUp, ...]:
        query = select(FOLLOW_UPS).where(self._of_portal, *where).order_by(FOLLOW_UPS.c.assigned_at)
        return tuple(map(_follow_up, self.rows(query)))

    def not_looked_at(
        self, *, before: datetime, since: datetime, limit: int, after: str = ""
    ) -> FollowUpPage:
        """Running follow-ups of leads assigned since `since` and last looked at before `before`, or never.

        Both are aware UTC; the oldest come first. A page costs the same wherever it stands.
        """
        query = (
            select(FOLLOW_UPS)
            .where(
                self._mine,
                FOLLOW_UPS.c.ended_at.is_(None),
                FOLLOW_UPS.c.contact_id.is_not(None),
                or_(FOLLOW_UPS.c.looked_at.is_(None), FOLLOW_UPS.c.looked_at < before.isoformat()),
            )
            .order_by(FOLLOW_UPS.c.assigned_at, FOLLOW_UPS.c.decision_id)
            .limit(limit)
        )
        rows = self.rows(query.where(_from(since, after)))
        last = f"{rows[-1].assigned_at}|{rows[-1].decision_id}" if len(rows) == limit else ""
        return FollowUpPage(tuple(map(_follow_up, rows)), after=last)

    def overdue(self, *, before: datetime, after_id: str, limit: int) -> tuple[str, ...]:
        """Contact ids above `after_id`, in order, that were due at `before` (aware UTC) and have no response.

        It is a hint: the ledger may not know yet of a response, or that a lead is due later.
        """
        query = (
            select(FOLLOW_UPS.c.contact_id)
            .where(
                self._mine,
                FOLLOW_UPS.c.ended_at.is_(None),
                FOLLOW_UPS.c.outcome.is_(None),
                FOLLOW_UPS.c.first_response_at.is_(None),
                FOLLOW_UPS.c.contact_id > after_id,
                FOLLOW_UPS.c.due_at <= before.isoformat(),
            )
            .order_by(FOLLOW_UPS.c.contact_id)
            .limit(limit)
        )
        return tuple(self.values(query))

    def note(self, seen: Sequence[Seen], *, at: datetime) -> None:
        """Store what HubSpot showed at `at` (aware UTC)."""
        if seen:
            self._database.write(lambda writing: updates.note(writing, seen, at=at, portal=self._portal))

    def looked_at(self, decision_ids: Collection[str], *, at: datetime) -> None:
        """Record that these showed nothing new at `at` (aware UTC)."""
        if decision_ids:
            self._database.write(
                lambda writing: updates.note_look(writing, decision_ids, at=at, portal=self._portal)
            )

    def end(self, ended: Mapping[str, datetime]) -> None:
        """Close the rows of these decisions: their leads went to another owner at that time (aware UTC)."""
        at = {decision_id: moment.isoformat() for decision_id, moment in ended.items()}
        if at:
            self._database.write(lambda writing: end(writing, at, portal=self._portal))


def _from(since: datetime, after: str) -> ColumnElement[bool]:
    """The condition for rows assigned since then or, on a later page, after the last row before it."""
    if not after:
        return FOLLOW_UPS.c.assigned_at >= since.isoformat()
    assigned_at, decision_id = after.split("|")
    return tuple_(FOLLOW_UPS.c.assigned_at, FOLLOW_UPS.c.decision_id) > (assigned_at, decision_id)


def _follow_up(row: Row[Any]) -> FollowUp:
    return FollowUp(
        decision_id=row.decision_id,
        contact_id=row.contact_id,
        team=row.team,
        rep=row.rep,
        owner_id=row.owner_id,
        rule=row.rule,
        revision=row.revision,
        score=row.score,
        assigned_at=datetime.fromisoformat(row.assigned_at),
        due_at=_moment(row.due_at),
        first_response_at=_moment(row.first_response_at),
        status=row.status,
        stage=row.stage,
        outcome=row.outcome,
        outcome_at=_moment(row.outcome_at),
        ended_at=_moment(row.ended_at),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
