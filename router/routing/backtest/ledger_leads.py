"""The leads that the ledger keeps, with their facts, and which needed facts it never stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, cast

import orjson
from msgspec import Struct

from router.ledger import Ledger, open_ledger
from router.ledger.reports.past_leads import first_decisions, last_revisions, with_late_facts
from router.policy.backtest.dealing.past_absences import Word
from router.policy.backtest.judging.columns import Cell, CellReader, Chunk, instant
from router.policy.backtest.judging.condition_index import COMPUTED
from router.policy.backtest.judging.numbering import ints
from router.policy.explanation.decision_record import from_record
from router.policy.leads.lead import Value
from router.policy.people.availability import OVERRIDE
from router.policy.rules.facts import facts_needed
from router.policy.rules.policy import Policy
from router.rulefiles.load import load_files

LONGEST_WORD: Final = timedelta(days=366)
"""An absence announced this long before the first lead may still have applied."""


class LedgerLeads(Struct, frozen=True):
    """The leads decided since a moment, in the ledger at a database URL; cells are the facts themselves.

    A lead whose facts came late has the facts, and the moment, of its last revision.
    """

    url: str
    portal: str
    since: datetime

    def chunks(
        self, types: Mapping[str, str], *, wanted: Callable[[int], bool]
    ) -> Iterator[tuple[int, Chunk]]:
        """The leads in numbered blocks 0, 1, …, with these facts; only blocks that are `wanted` are read."""
        ledger = open_ledger(self.url, self.portal)
        try:
            revisions = last_revisions(ledger, since=self.since)
            for number, block in enumerate(first_decisions(ledger, since=self.since)):
                if wanted(number):
                    records = with_late_facts(ledger, block, revisions)
                    decisions = [from_record(orjson.loads(record)) for record in records]
                    yield (
                        number,
                        Chunk(
                            arrived=ints((instant(one.decided_at) for one in decisions), len(decisions)),
                            cells={fact: [one.facts.get(fact) for one in decisions] for fact in types},
                            ids=[one.contact_id for one in decisions],
                        ),
                    )
        finally:
            ledger.close()

    def kept_since(self) -> date | None:
        """The first day (UTC) whose leads are all kept; None if none was ever pruned."""
        ledger = open_ledger(self.url, self.portal)
        try:
            return ledger.sums.table.kept_since()
        finally:
            ledger.close()

    def reader(self, _types: Mapping[str, str]) -> CellReader:
        """The reader of cells: they are facts already."""
        return _as_stored

    def sources(self, _types: Mapping[str, str]) -> dict[str, Sequence[str]]:
        """The columns that facts are read from, other than their own: none."""
        return {}

    def words(self) -> tuple[Word, ...]:
        """The absences and returns that `router away` and the API recorded, first to last."""
        ledger = open_ledger(self.url, self.portal)
        try:
            overrides = ledger.events_of_nobody((OVERRIDE,), since=self.since - LONGEST_WORD)
        finally:
            ledger.close()
        return tuple(
            Word(
                datetime.fromisoformat(one.at),
                one.detail["rep"],
                one.detail["says"],
                datetime.fromisoformat(one.detail["until"]) if "until" in one.detail else None,
            )
            for one in overrides
        )

    def not_stored(self, policies: Sequence[Policy]) -> dict[str, int]:
        """By fact that these policies need: number of leads decided by rules that did not store it.

        A lead of a revision whose files are gone counts unless it has the fact.
        """
        needed = {fact for policy in policies for fact in facts_needed(policy) if fact not in COMPUTED}
        ledger = open_ledger(self.url, self.portal)
        kept: dict[str, frozenset[str]] = {}
        lacking: Counter[str] = Counter()
        try:
            revisions = last_revisions(ledger, since=self.since)
            for block in first_decisions(ledger, since=self.since):
                for record in map(orjson.loads, with_late_facts(ledger, block, revisions)):
                    revision = record["revision"]
                    if revision not in kept:
                        kept[revision] = _kept_by(ledger, revision)
                    lacking.update(needed - kept[revision] - record["facts"].keys())
        finally:
            ledger.close()
        return dict(lacking.most_common())


def _as_stored(_fact: str, cell: Cell) -> Value | None:
    return cast("Value | None", cell)


def _kept_by(ledger: Ledger, revision: str) -> frozenset[str]:
    """The facts that decisions of a revision stored."""
    files = ledger.files_of(revision)
    policy = None if files is None else load_files(files).policy
    return frozenset() if policy is None else frozenset(facts_needed(policy))
