"""The follow-up of each lead that a rep was given: first response, status, stage, won or lost."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from router.ledger.opening.database import Database
from router.ledger.querying import AT_A_TIME, PortalTables, no_index
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


@dataclass(frozen=True, slots=True)
class FollowUpPage:
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
                    no_index(DECISIONS.c.portal) == self._portal,
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
        left = [
            _Left(record["contact_id"], record["decided_at"], to=record["id"])
            for record in decisions
            if record["episode"] > 0 and record.get("mode", "live") == "live"
        ]
        left += [_Left(contact, event["at"]) for _, contact, event in events if event["kind"] in ENDS]
        refuted = (event for _, _, event in events if event["kind"] in NEVER_THEIRS)
        never = {str(event["decision"]) for event in refuted if event.get("decision")}
        ended = self._ended(connection, left)
        self._lock(connection, never | ended.keys())
        if never:
            mine = (self._mine, FOLLOW_UPS.c.decision_id == bindparam("row"))
            connection.execute(delete(FOLLOW_UPS).where(*mine), [{"row": one} for one in sorted(never)])
        self._end(connection, ended)

    def _ended(self, connection: Connection, left: Sequence[_Left]) -> dict[str, str]:
        """By decision id: when (ISO) the running follow-ups of these leads ended."""
        contacts = sorted({one.contact_id for one in left})
        running: dict[str, list[Any]] = {}
        for start in range(0, len(contacts), AT_A_TIME):
            query = select(FOLLOW_UPS.c.contact_id, FOLLOW_UPS.c.decision_id, FOLLOW_UPS.c.assigned_at).where(
                self._of_portal,
                FOLLOW_UPS.c.contact_id.in_(contacts[start : start + AT_A_TIME]),
                FOLLOW_UPS.c.ended_at.is_(None),
            )
            for row in connection.execute(query):
                running.setdefault(row.contact_id, []).append(row)
        ended: dict[str, str] = {}
        for one in left:
            for row in running.get(one.contact_id, ()):
                if row.assigned_at <= one.at and row.decision_id != one.to:
                    ended.setdefault(row.decision_id, one.at)
        return ended

    def _end(self, connection: Connection, ended: Mapping[str, str]) -> None:
        if ended:
            rows = self._row_update().where(FOLLOW_UPS.c.ended_at.is_(None)).values(ended_at=bindparam("at"))
            connection.execute(rows, [{"row": one, "at": at} for one, at in sorted(ended.items())])

    def _row_update(self) -> Update:
        """The update of single rows, by the parameter `row`, a decision id."""
        return update(FOLLOW_UPS).where(self._mine, FOLLOW_UPS.c.decision_id == bindparam("row"))

    def _lock(self, connection: Connection, decision_ids: Collection[str]) -> None:
        """Lock these rows in the order of their ids; SQLite has locked the whole database."""
        if connection.dialect.name == "sqlite":
            return
        ids = sorted(decision_ids)
        for start in range(0, len(ids), AT_A_TIME):
            some = FOLLOW_UPS.c.decision_id.in_(ids[start : start + AT_A_TIME])
            query = select(FOLLOW_UPS.c.decision_id).where(self._mine, some)
            # Sorted like Python sorts, whatever the database's language.
            connection.execute(query.order_by(FOLLOW_UPS.c.decision_id.collate("C")).with_for_update())

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
        if not seen:
            return
        rows = self._row_update().values(
            status=bindparam("its_status"),
            stage=bindparam("its_stage"),
            outcome=bindparam("its_outcome"),
            outcome_at=bindparam("its_outcome_at"),
            first_response_at=func.coalesce(FOLLOW_UPS.c.first_response_at, bindparam("response_at")),
            looked_at=at.isoformat(),
        )
        values = [
            {
                "row": one.decision_id,
                "its_status": one.status,
                "its_stage": one.stage,
                "its_outcome": one.outcome,
                "its_outcome_at": _text(one.outcome_at),
                "response_at": _text(one.first_response_at),
            }
            for one in sorted(seen, key=lambda one: one.decision_id)
        ]
        self._database.write(lambda connection: connection.execute(rows, values))

    def end(self, ended: Mapping[str, datetime]) -> None:
        """Close the rows of these decisions: their leads went to another owner at that time (aware UTC)."""
        at = {decision_id: moment.isoformat() for decision_id, moment in ended.items()}
        if at:
            self._database.write(lambda connection: self._end(connection, at))

    def looked_at(self, decision_ids: Collection[str], *, at: datetime) -> None:
        """Record that these showed nothing new at `at` (aware UTC)."""
        rows = self._row_update().values(looked_at=at.isoformat())
        values = [{"row": one} for one in sorted(decision_ids)]
        if values:
            self._database.write(lambda connection: connection.execute(rows, values))

    def forget(self, connection: Connection, contact_id: str) -> None:
        """Remove the contact from its rows, which still count for their reps.

        A decision's id is a digest of the contact's, so a random one replaces it.
        """
        query = select(FOLLOW_UPS.c.decision_id).where(self._of_portal, FOLLOW_UPS.c.contact_id == contact_id)
        rows = self._row_update().values(contact_id=None, decision_id=bindparam("instead"))
        for decision_id in sorted(connection.execute(query).scalars()):
            instead = f"erased-{secrets.token_hex(8)}"
            connection.execute(rows, {"row": decision_id, "instead": instead})


@dataclass(frozen=True, slots=True)
class _Left:
    """A lead that has left its rep at `at` (ISO), by the decision `to` if it was one of ours."""

    contact_id: str
    at: str
    to: str | None = None


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


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
