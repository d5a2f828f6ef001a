"""The follow-up of each lead that a rep was given: first response, status, stage, won or lost."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, or_, select, update

from router.ledger.opening.database import Database
from router.ledger.querying import PortalTables
from router.ledger.tables import DECISIONS, FOLLOW_UPS
from router.policy.results.follow_up import Ending, FollowUp, RepResults, results

NEVER_THEIRS: Final = frozenset({"taken_by_a_person", "restored", "gone", "owner_refused", "shadowed"})
"""Events after which a decision counts as having given no lead."""
CLAIMED: Final = "claimed_in_hubspot"
"""The event of a waiting lead that a rep took by becoming its owner in HubSpot."""
ENDS: Final = frozenset({"changed_by_a_person", "owner_changed", "deleted"})
"""Events after which the lead has another owner, or none."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of a lead in HubSpot now. A first response that is known already is kept.

    Times are aware UTC.
    """

    decision_id: str
    status: str | None
    stage: str | None
    first_response_at: datetime | None
    outcome: Ending | None
    outcome_at: datetime | None


class FollowUps(PortalTables):
    """The follow-ups of one portal. Everything here is safe to repeat."""

    def __init__(self, database: Database, portal: str) -> None:
        super().__init__(database, portal)
        self._mine = FOLLOW_UPS.c.portal == portal

    def rows_of(self, decisions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The rows of those decisions (as records) that gave a rep a lead."""
        return [
            {
                "portal": self._portal,
                "decision_id": record["id"],
                "contact_id": record["contact_id"],
                "team": record["outcome"]["team"],
                "rep": record["outcome"]["rep"],
                "owner_id": record["outcome"]["owner_id"],
                "rule": record["rule"],
                "revision": record["revision"],
                "score": record["score"],
                "assigned_at": record["decided_at"],
                "due_at": record.get("due_at"),
            }
            for record in decisions
            if record["outcome"]["kind"] == "assigned" and record.get("mode", "live") == "live"
        ]

    def claimed_rows(
        self, connection: Connection, events: Sequence[tuple[str, str, Mapping[str, Any]]]
    ) -> list[dict[str, Any]]:
        """The rows of leads that were taken out of a queue in HubSpot; these have no due time.

        The decision is the one that had put the lead into the queue.
        """
        rows = []
        for _, contact_id, event in events:
            if event["kind"] != CLAIMED:
                continue
            query = (
                select(DECISIONS)
                .where(
                    DECISIONS.c.portal == self._portal,
                    DECISIONS.c.contact_id == contact_id,
                    DECISIONS.c.outcome == "queued",
                )
                .order_by(DECISIONS.c.episode.desc())
            )
            queued = connection.execute(query.limit(1)).first()
            if queued is not None:
                rows.append(
                    {
                        "portal": self._portal,
                        "decision_id": queued.id,
                        "contact_id": contact_id,
                        "team": queued.team,
                        "rep": event.get("rep"),
                        "owner_id": event["owner_id"],
                        "rule": queued.rule,
                        "revision": queued.revision,
                        "score": queued.score,
                        "assigned_at": event["at"],
                        "due_at": None,
                    }
                )
        return rows

    def follow(
        self,
        connection: Connection,
        decisions: Sequence[Mapping[str, Any]],
        events: Sequence[tuple[str, str, Mapping[str, Any]]],
    ) -> None:
        """Close the rows of leads that these decisions and events gave to another owner.

        Rows whose lead the rep never had are deleted.
        """
        for record in decisions:
            if record["episode"] > 0 and record.get("mode", "live") == "live":
                moved = (FOLLOW_UPS.c.decision_id != record["id"],)
                self._end(connection, record["contact_id"], record["decided_at"], *moved)
        never = [record.get("decision") for _, _, record in events if record["kind"] in NEVER_THEIRS]
        if any(never):
            connection.execute(delete(FOLLOW_UPS).where(self._mine, FOLLOW_UPS.c.decision_id.in_(never)))
        for _, contact_id, record in events:
            if record["kind"] in ENDS:
                self._end(connection, contact_id, record["at"])

    def _end(self, connection: Connection, contact_id: str, at: str, *only: Any) -> None:
        connection.execute(
            update(FOLLOW_UPS)
            .where(
                self._mine,
                FOLLOW_UPS.c.contact_id == contact_id,
                FOLLOW_UPS.c.ended_at.is_(None),
                FOLLOW_UPS.c.assigned_at <= at,
                *only,
            )
            .values(ended_at=at)
        )

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
        return self._some(FOLLOW_UPS.c.contact_id == contact_id)

    def running_of(self, contact_ids: Collection[str]) -> dict[str, FollowUp]:
        """The follow-up of each of these contacts (a few hundred at most) that has not ended."""
        running = self._some(FOLLOW_UPS.c.contact_id.in_(contact_ids), FOLLOW_UPS.c.ended_at.is_(None))
        return {one.contact_id: one for one in running if one.contact_id is not None}

    def not_looked_at(self, *, before: datetime, since: datetime, limit: int) -> tuple[FollowUp, ...]:
        """Running follow-ups of leads assigned since `since` and last looked at before `before`, or never.

        Both are aware UTC; the oldest come first.
        """
        return self._some(
            FOLLOW_UPS.c.assigned_at >= since.isoformat(),
            FOLLOW_UPS.c.ended_at.is_(None),
            FOLLOW_UPS.c.contact_id.is_not(None),
            or_(FOLLOW_UPS.c.looked_at.is_(None), FOLLOW_UPS.c.looked_at < before.isoformat()),
            limit=limit,
        )

    def _some(self, *where: ColumnElement[bool], limit: int | None = None) -> tuple[FollowUp, ...]:
        query = select(FOLLOW_UPS).where(self._mine, *where).order_by(FOLLOW_UPS.c.assigned_at).limit(limit)
        return tuple(map(_follow_up, self.rows(query)))

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
        if not seen:
            return
        with self._database.begin() as connection:
            for one in seen:
                row = FOLLOW_UPS.c.decision_id == one.decision_id
                connection.execute(
                    update(FOLLOW_UPS)
                    .where(self._mine, row)
                    .values(
                        status=one.status,
                        stage=one.stage,
                        outcome=one.outcome,
                        outcome_at=_text(one.outcome_at),
                        looked_at=at.isoformat(),
                    )
                )
                if one.first_response_at is not None:
                    connection.execute(
                        update(FOLLOW_UPS)
                        .where(self._mine, row, FOLLOW_UPS.c.first_response_at.is_(None))
                        .values(first_response_at=_text(one.first_response_at))
                    )

    def end(self, ended: Mapping[str, datetime]) -> None:
        """Close the rows of these decisions: their leads went to another owner at that time (aware UTC)."""
        if not ended:
            return
        with self._database.begin() as connection:
            for decision_id, at in ended.items():
                connection.execute(
                    update(FOLLOW_UPS)
                    .where(
                        self._mine, FOLLOW_UPS.c.decision_id == decision_id, FOLLOW_UPS.c.ended_at.is_(None)
                    )
                    .values(ended_at=at.isoformat())
                )

    def looked_at(self, decision_ids: Collection[str], *, at: datetime) -> None:
        """Record that these (a few hundred at most) showed nothing new at `at` (aware UTC)."""
        with self._database.begin() as connection:
            connection.execute(
                update(FOLLOW_UPS)
                .where(self._mine, FOLLOW_UPS.c.decision_id.in_(decision_ids))
                .values(looked_at=at.isoformat())
            )

    def forget(self, connection: Connection, contact_id: str) -> None:
        """Remove the contact from its rows, which still count for their reps.

        A decision's id is a digest of the contact's, so a random one replaces it.
        """
        mine = (self._mine, FOLLOW_UPS.c.contact_id == contact_id)
        for decision_id in connection.execute(select(FOLLOW_UPS.c.decision_id).where(*mine)).scalars().all():
            connection.execute(
                update(FOLLOW_UPS)
                .where(*mine, FOLLOW_UPS.c.decision_id == decision_id)
                .values(contact_id=None, decision_id=f"erased-{secrets.token_hex(8)}")
            )


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


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
