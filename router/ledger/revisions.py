"""The history of live rule revisions, with their authors and the number of leads they decided."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, select

from router.ledger.querying import PortalTables
from router.ledger.tables import DECISIONS, REVISIONS, RULE_CHANGES
from router.rulefiles.packing import unpacked


class Origin(Struct, frozen=True):
    """The last commit of the rule files: its author, its time (ISO) and its id."""

    author: str
    committed_at: str
    commit: str


class RuleChange(Struct, frozen=True):
    """One time that rules went live (ISO, UTC). `origin` is None where no commit holds these files.

    `decisions` counts the decisions by them until the same revision went live again, if it did.
    """

    revision: str
    live_since: str
    origin: Origin | None
    decisions: int = 0


class RevisionHistory(PortalTables):
    """The revisions of one portal."""

    def went_live(self, revision: str, *, at: datetime, origin: Origin | None) -> None:
        """Record that all processes decide by this revision from `at` on. Safe to repeat."""
        row = {
            "portal": self._portal,
            "live_since": at.isoformat(),
            "revision": revision,
            "author": origin.author if origin else None,
            "committed_at": origin.committed_at if origin else None,
            "commit": origin.commit if origin else None,
        }
        self._database.write(lambda connection: self.add(connection, RULE_CHANGES, [row]))

    def all(self, *, counted: int | None = None) -> tuple[RuleChange, ...]:
        """Every time that rules went live, first to last.

        Decisions are counted for the latest `counted` of them, or for all.
        """
        query = (
            select(RULE_CHANGES)
            .where(RULE_CHANGES.c.portal == self._portal)
            .order_by(RULE_CHANGES.c.live_since)
        )
        again: dict[str, str] = {}
        changes = []
        for place, row in enumerate(reversed(self.rows(query))):
            origin = Origin(row.author, row.committed_at, row.commit) if row.author else None
            count = row.pruned or 0
            if counted is None or place < counted:
                count += self._decisions(row.revision, since=row.live_since, until=again.get(row.revision))
            changes.append(RuleChange(row.revision, row.live_since, origin, count))
            again[row.revision] = row.live_since
        return tuple(reversed(changes))

    def began(self) -> datetime | None:
        """Moment when rules first went live (aware UTC); None if none ever did."""
        query = select(func.min(RULE_CHANGES.c.live_since)).where(RULE_CHANGES.c.portal == self._portal)
        first = self.value(query)
        return None if first is None else datetime.fromisoformat(first)

    def last_files(self) -> tuple[str, dict[str, bytes]] | None:
        """The revision that went live last, with its files; None if none ever did."""
        query = (
            select(REVISIONS.c.revision, REVISIONS.c.files)
            .join(
                RULE_CHANGES,
                (RULE_CHANGES.c.revision == REVISIONS.c.revision)
                & (RULE_CHANGES.c.portal == REVISIONS.c.portal),
            )
            .where(RULE_CHANGES.c.portal == self._portal)
            .order_by(RULE_CHANGES.c.live_since.desc())
            .limit(1)
        )
        return next(((row.revision, unpacked(row.files)) for row in self.rows(query)), None)

    def _decisions(self, revision: str, *, since: str, until: str | None) -> int:
        query = select(func.count()).where(
            DECISIONS.c.portal == self._portal,
            DECISIONS.c.revision == revision,
            DECISIONS.c.decided_at >= since,
        )
        if until is not None:
            query = query.where(DECISIONS.c.decided_at < until)
        return int(self.value(query))
