"""The decisions of a span of time, one pass, as the sums that the fairness report needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import orjson
from sqlalchemy import Connection, select

from router.ledger.querying import PortalTables, no_index
from router.ledger.sums.day_table import DayTexts
from router.ledger.tables import DECISIONS, EVENTS
from router.policy.decision.decision import Assigned, Decision
from router.policy.explanation.decision_record import shares_from_record
from router.policy.reports.fairness import counts, gave_back, paid_on
from router.policy.reports.sums.curves import Curves
from router.policy.reports.sums.missed_sums import MissedSums
from router.policy.reports.sums.share_sums import ShareSums
from router.policy.shares.share_book import REFUNDED, last_field

AT_A_TIME: Final = 500


@dataclass(slots=True)
class SharesOfMode:
    """The sums of the decisions of one mode."""

    shares: ShareSums = field(default_factory=ShareSums)
    missed: MissedSums = field(default_factory=MissedSums)
    curves: Curves = field(default_factory=Curves)


def texts_of(by_mode: dict[str, SharesOfMode]) -> DayTexts:
    """The sums of a day as they are stored."""

    def text(one: dict[str, object]) -> str:
        return orjson.dumps(one).decode()

    return DayTexts(
        modes=" ".join(sorted(by_mode)),
        sums=text({mode: one.shares.as_record() for mode, one in by_mode.items()}),
        missed=text({mode: one.missed.as_record() for mode, one in by_mode.items()}),
        curves=text({mode: one.curves.thinned().as_record() for mode, one in by_mode.items()}),
    )


class ShareRows(PortalTables):
    """One portal's decisions, read for sums."""

    def days_before(self, day: date) -> Iterator[date]:
        """The days (UTC) before `day` that have decisions, latest first: one look into an index for each."""
        while True:
            query = select(DECISIONS.c.decided_at).where(
                DECISIONS.c.portal == self._portal, DECISIONS.c.decided_at < day.isoformat()
            )
            found = self.value(query.order_by(DECISIONS.c.decided_at.desc()).limit(1))
            if found is None:
                return
            day = date.fromisoformat(found[:10])
            yield day

    def sums(self, *, since: datetime | date, until: date | None = None) -> dict[str, SharesOfMode]:
        """The sums by mode of the decisions from `since` (aware UTC, or a UTC day) to before `until`."""
        found: dict[str, SharesOfMode] = {}
        for block in self._blocks(since=since, until=until):
            for decision, is_counted, is_refunded in self._judged(block):
                of_mode = found.setdefault(decision.mode, SharesOfMode())
                if is_counted:
                    of_mode.shares.count(decision)
                    of_mode.missed.count(decision)
                    of_mode.curves.count(decision)
                elif is_refunded:
                    of_mode.shares.leave_out(decision)
        return found

    def _blocks(self, *, since: datetime | date, until: date | None) -> Iterator[Sequence[Decision]]:
        """The decisions in order, some hundred at a time; those of one moment stay together."""
        query = select(DECISIONS.c.contact_id, DECISIONS.c.record).where(
            DECISIONS.c.portal == self._portal, DECISIONS.c.decided_at >= since.isoformat()
        )
        if until is not None:
            query = query.where(DECISIONS.c.decided_at < until.isoformat())
        block: list[Decision] = []
        together = 0
        with self._database.connect() as connection:
            rows = connection.execution_options(yield_per=AT_A_TIME).execute(
                query.order_by(DECISIONS.c.decided_at)
            )
            for contact_id, record in rows:
                decision = shares_from_record(orjson.loads(record), contact_id=contact_id)
                if block and decision.decided_at != block[-1].decided_at:
                    block[together:] = sorted(block[together:], key=_place)
                    together = len(block)
                    if together >= AT_A_TIME:
                        yield block
                        block, together = [], 0
                block.append(decision)
        block[together:] = sorted(block[together:], key=_place)
        if block:
            yield block

    def _judged(self, decisions: Sequence[Decision]) -> Iterator[tuple[Decision, bool, bool]]:
        """Each decision, whether it counts, and whether its cost came back.

        A later event or decision about its contact says so.
        """
        contacts = sorted({one.contact_id for one in decisions})
        with self._database.connect() as connection:
            ended = self._ended(connection, contacts)
            later = tuple(self._later(connection, contacts))
        given_back, unchanged = gave_back(later, ended=ended), paid_on(later)
        for one in decisions:
            is_counted = counts(one, ended=ended, given_back=given_back)
            episode = (one.mode, one.contact_id, one.episode)
            yield one, is_counted, not is_counted and (one.id in ended or episode not in unchanged)

    def _ended(self, connection: Connection, contact_ids: Sequence[str]) -> frozenset[str]:
        query = select(EVENTS.c.decision_id).where(
            no_index(EVENTS.c.portal) == self._portal,
            EVENTS.c.contact_id.in_(contact_ids),
            EVENTS.c.kind.in_(REFUNDED),
            EVENTS.c.decision_id.is_not(None),
        )
        return frozenset(connection.execute(query).scalars())

    def _later(self, connection: Connection, contact_ids: Sequence[str]) -> Iterator[Decision]:
        query = select(DECISIONS.c.contact_id, DECISIONS.c.record).where(
            no_index(DECISIONS.c.portal) == self._portal,
            DECISIONS.c.contact_id.in_(contact_ids),
            DECISIONS.c.episode > 0,
        )
        for contact_id, record in connection.execute(query):
            yield shares_from_record(orjson.loads(record), contact_id=contact_id)


def _place(decision: Decision) -> int:
    """The team's count of served leads after this one: the order of decisions made in one batch."""
    outcome = decision.outcome
    if not isinstance(outcome, Assigned) or outcome.team is None or outcome.rep is None:
        return 0
    before = next((share.last for share in decision.shares if share.rep == outcome.rep), 0)
    return before + decision.book_changes.get(last_field(outcome.team, outcome.rep), 0)
