"""Every statement of the ledger finds its rows by an index, whatever the planner knows of the tables.

The list of statements is complete because they are recorded while every public method runs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection

from router.ledger import Ledger, latest, open_ledger
from router.ledger.follow_ups import FollowUps, Seen
from router.ledger.merges import Merges
from router.ledger.nights import NightHistory
from router.ledger.pruning.pruning import Pruning
from router.ledger.reports import past_leads, settled
from router.ledger.revisions import RevisionHistory
from router.ledger.rewriting.rewrites import Rewrites
from router.ledger.shares import Shares
from router.ledger.sums import shadow
from router.ledger.sums.day_sums import DaySums
from router.ledger.sums.day_table import DayTable, DayTexts
from router.ledger.sums.result_days import ResultRows
from router.ledger.sums.share_days import ShareRows
from router.policy.reports.night_report import NightMove, NightReport
from tests.world.databases import postgres_url
from tests.world.many_decisions import BEGAN, ENDED, contact_of, decision_of, fill
from tests.world.postgres import a_schema
from tests.world.records import a_record
from tests.world.statements import Plan, Statement, plan_of, recorded

__all__ = ["postgres_url"]

LARGE, SMALL = "4242", "77"
ROWS: Final = {LARGE: 100_000, SMALL: 5_000}
GROWING: Final = ("decisions", "events", "follow_ups", "night_moves")
"""The tables whose rows grow with the leads."""
IN_ORDER: Final = (
    "decisions_by_time",
    "decisions_by_revision",
    "decisions_by_rule",
    "follow_ups_by_time",
    "follow_ups_unanswered",
)
EARLY: Final = BEGAN + timedelta(days=20)
LATELY: Final = ENDED - timedelta(days=1)
NOON: Final = ENDED - timedelta(hours=12)
"""Later than the beginning of the last day whose sums may be there: rows are read."""
MORNING: Final = ENDED.replace(hour=1)


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead of a portal of its own, so that erasing it takes nothing from other cases."""

    number: int
    rows: int
    portal: str

    @property
    def contact(self) -> str:
        return contact_of(self.number, rows=self.rows)

    @property
    def decision(self) -> str:
        return decision_of(self.number, self.portal, rows=self.rows)


@dataclass(frozen=True, slots=True)
class MethodCall:
    """A call of one method, and the indexes of growing tables by which it has to find rows ("*": any)."""

    call: Callable[[Ledger, Lead], object]
    indexes: frozenset[str]
    whole: str = ""
    """Why it reads all rows of a portal, if it does."""
    sorts: str = ""
    """Why it may sort what it finds, if it does."""


def a_call(
    call: Callable[[Ledger, Lead], object], *indexes: str, whole: str = "", sorts: str = ""
) -> MethodCall:
    return MethodCall(call, frozenset(indexes), whole, sorts)


def writing(call: Callable[[Ledger, Lead, Connection], object]) -> Callable[[Ledger, Lead], object]:
    return lambda ledger, lead: ledger.database.write(lambda connection: call(ledger, lead, connection))


def reading(call: Callable[[Ledger, Lead, Connection], object]) -> Callable[[Ledger, Lead], object]:
    def run(ledger: Ledger, lead: Lead) -> object:
        with ledger.database.connect() as connection:
            return call(ledger, lead, connection)

    return run


def a_move(ledger: Ledger, lead: Lead) -> None:
    """A lead is reassigned, another claimed in HubSpot, a third refused by its owner."""
    moved = a_record(lead.contact, episode=1) | {"decided_at": ENDED.isoformat()}
    queued = contact_of(lead.number - lead.number % 10 + 3, rows=lead.rows)
    happened = {"at": ENDED.isoformat(), "owner_id": "70000001", "decision": lead.decision}
    kinds = ("claimed_in_hubspot", "owner_changed", "owner_refused")
    ledger.record([moved], [(f"1-{kind}", queued, happened | {"kind": kind}) for kind in kinds])


def a_night(ledger: Ledger, lead: Lead) -> None:
    move = NightMove(lead.contact, "gone", "", "a", "b", "rule", "moved")
    began = MORNING.isoformat()
    ledger.nights.keep(NightReport(ENDED.date().isoformat(), began, began).with_moves([move]))


def seen(lead: Lead) -> Seen:
    return Seen(lead.decision, "OPEN", "lead", ENDED, None, None)


def prune(ledger: Ledger, lead: Lead) -> None:
    """Some more days at the beginning of the year, of which every other contact is still remembered."""
    before = BEGAN.date() + timedelta(days=lead.number // 50)
    ledger.pruning.prune_some(before=before, remembered=lambda ids: ids[::2], now=ENDED, longest_s=60.0)


OF_CONTACTS: Final = ("decisions_of_contact", "events_of_contact")
BY_CONTACT: Final = ("decisions_of_contact", "events_of_contact", "follow_ups_of_contact")
CASES: Final[Mapping[str, MethodCall]] = {
    "Ledger.record": a_call(a_move, "decisions_of_contact", "follow_ups_of_contact", "follow_ups_key"),
    "Ledger.decisions_of": a_call(lambda ledger, lead: ledger.decisions_of(lead.contact), BY_CONTACT[0]),
    "Ledger.decision": a_call(lambda ledger, lead: ledger.decision(lead.decision), "decisions_key"),
    "Ledger.events_of": a_call(lambda ledger, lead: ledger.events_of(lead.contact), BY_CONTACT[1]),
    "Ledger.events_of_nobody": a_call(
        lambda ledger, _: ledger.events_of_nobody(("revoked",), since=LATELY), "events_by_kind"
    ),
    "Ledger.recent": a_call(lambda ledger, _: ledger.recent(), "decisions_by_time", whole="it ends early"),
    "Ledger.decided_since": a_call(lambda ledger, _: list(ledger.decided_since(LATELY)), "decisions_by_time"),
    "Ledger.decisions_ended_by": a_call(
        lambda ledger, _: ledger.decisions_ended_by(("restored", "gone"), since=LATELY), "events_by_kind"
    ),
    "Ledger.assigned_since": a_call(lambda ledger, _: ledger.assigned_since(LATELY), "decisions_by_time"),
    "Ledger.keep_revision": a_call(lambda ledger, _: ledger.keep_revision("r1", {}, live_since=LATELY)),
    "Ledger.files_of": a_call(lambda ledger, _: ledger.files_of("r1")),
    "Ledger.erase": a_call(
        lambda ledger, lead: ledger.erase(lead.contact),
        *BY_CONTACT,
        "follow_ups_key",
        "night_moves_by_contact",
    ),
    "Ledger.close": a_call(lambda ledger, _: ledger.close()),
    "FollowUps.results": a_call(lambda ledger, _: ledger.follow_ups.results(LATELY), "follow_ups_by_time"),
    "FollowUps.since": a_call(lambda ledger, _: list(ledger.follow_ups.since(LATELY)), "follow_ups_by_time"),
    "FollowUps.of_contact": a_call(
        lambda ledger, lead: ledger.follow_ups.of_contact(lead.contact), BY_CONTACT[2]
    ),
    "FollowUps.running_of": a_call(
        lambda ledger, lead: ledger.follow_ups.running_of(
            [contact_of(lead.number + more, rows=lead.rows) for more in range(100)]
        ),
        BY_CONTACT[2],
    ),
    "FollowUps.not_looked_at": a_call(
        lambda ledger, _: ledger.follow_ups.not_looked_at(
            before=LATELY, since=ENDED - timedelta(days=90), limit=100
        ),
        "follow_ups_by_time",
    ),
    "FollowUps.overdue": a_call(
        lambda ledger, lead: ledger.follow_ups.overdue(before=LATELY, after_id=lead.contact, limit=100),
        "follow_ups_unanswered",
    ),
    "FollowUps.note": a_call(
        lambda ledger, lead: ledger.follow_ups.note([seen(lead)], at=ENDED), "follow_ups_key"
    ),
    "FollowUps.end": a_call(
        lambda ledger, lead: ledger.follow_ups.end({lead.decision: ENDED}), "follow_ups_key"
    ),
    "FollowUps.looked_at": a_call(
        lambda ledger, lead: ledger.follow_ups.looked_at([lead.decision], at=ENDED), "follow_ups_key"
    ),
    "Merges.same_person": a_call(
        lambda ledger, lead: ledger.merges.same_person(lead.contact), "events_of_contact"
    ),
    "Merges.note": a_call(
        lambda ledger, lead: ledger.merges.note(
            [contact_of(lead.number + 3, rows=lead.rows)],
            into=f"9{lead.contact}",
            goes_on=contact_of(lead.number + 3, rows=lead.rows),
            at=ENDED,
        ),
        *BY_CONTACT,
    ),
    "NightHistory.keep": a_call(a_night, "night_moves_key"),
    "NightHistory.of": a_call(lambda ledger, _: ledger.nights.of(ENDED.date()), "night_moves_key"),
    "NightHistory.days": a_call(lambda ledger, _: ledger.nights.days()),
    "NightHistory.forget": a_call(
        writing(lambda ledger, lead, connection: ledger.nights.forget(connection, lead.contact)),
        "night_moves_by_contact",
    ),
    "RevisionHistory.went_live": a_call(
        lambda ledger, _: ledger.revisions.went_live("revision-1", at=LATELY, origin=None)
    ),
    "RevisionHistory.all": a_call(lambda ledger, _: ledger.revisions.all(), "decisions_by_revision"),
    "RevisionHistory.began": a_call(lambda ledger, _: ledger.revisions.began()),
    "RevisionHistory.last_files": a_call(lambda ledger, _: ledger.revisions.last_files()),
    "Shares.book": a_call(
        lambda ledger, _: ledger.shares.book(), "*", whole="an emptied Redis gets back all that was given"
    ),
    "Shares.keep_totals": a_call(
        writing(
            lambda ledger, lead, connection: ledger.shares.keep_totals(
                connection, contact_of(lead.number + 2, rows=lead.rows)
            )
        ),
        "decisions_of_contact",
        "events_of_contact",
    ),
    "Rewrites.pending": a_call(
        lambda ledger, _: ledger.rewrites.pending(), "decisions_without_book_changes", whole="it is empty"
    ),
    "Rewrites.progress": a_call(lambda ledger, _: ledger.rewrites.progress(), "*", whole="it counts rows"),
    "Rewrites.rewrite_some": a_call(
        lambda ledger, _: ledger.rewrites.rewrite_some(),
        "decisions_without_book_changes",
        whole="it is empty",
    ),
    "DaySums.shares": a_call(
        lambda ledger, _: ledger.sums.shares(mode="live", since=NOON), "decisions_by_time", *OF_CONTACTS
    ),
    "DaySums.results": a_call(lambda ledger, _: ledger.sums.results(since=LATELY), "follow_ups_by_time"),
    "DaySums.days_without": a_call(lambda ledger, _: ledger.sums.days_without("live", since=BEGAN.date())),
    "DaySums.pending": a_call(lambda ledger, _: ledger.sums.pending(now=ENDED)),
    "DaySums.make_some": a_call(
        lambda ledger, _: ledger.sums.make_some(now=EARLY, longest_s=0.0),
        "decisions_by_time",
        *OF_CONTACTS,
        whole="it reads one row a day",
    ),
    "DaySums.make": a_call(
        lambda ledger, _: [
            ledger.sums.make(kind, LATELY.date(), now=ENDED) for kind in ("shares", "results")
        ],
        "decisions_by_time",
        "follow_ups_by_time",
        *OF_CONTACTS,
    ),
    "DayTable.kept_since": a_call(lambda ledger, _: ledger.sums.table.kept_since()),
    "DayTable.holding": a_call(lambda ledger, _: ledger.sums.table.holding("shares", since=BEGAN.date())),
    "DayTable.changed": a_call(lambda ledger, _: ledger.sums.table.changed("shares", before=ENDED.date())),
    "DayTable.holds": a_call(
        reading(lambda ledger, _, connection: ledger.sums.table.holds(connection, "shares", LATELY.date()))
    ),
    "DayTable.state": a_call(lambda ledger, _: ledger.sums.table.state("shares", LATELY.date())),
    "DayTable.store": a_call(
        lambda ledger, _: ledger.sums.table.store(
            "shares", EARLY.date(), DayTexts(), state=ledger.sums.table.state("shares", EARLY.date())
        )
    ),
    "DayTable.forget_changes": a_call(
        lambda ledger, _: ledger.sums.table.forget_changes("shares", since=ENDED.date())
    ),
    "ShareRows.days_before": a_call(
        lambda ledger, _: next(ShareRows(ledger.database, ledger._portal).days_before(LATELY.date())),
        "decisions_by_time",
    ),
    "ShareRows.sums": a_call(
        lambda ledger, _: ShareRows(ledger.database, ledger._portal).sums(since=LATELY),
        "decisions_by_time",
        *OF_CONTACTS,
    ),
    "ResultRows.days_before": a_call(
        lambda ledger, _: next(ResultRows(ledger.database, ledger._portal).days_before(LATELY.date())),
        "follow_ups_by_time",
    ),
    "ResultRows.sums": a_call(
        lambda ledger, _: ResultRows(ledger.database, ledger._portal).sums(since=LATELY), "follow_ups_by_time"
    ),
    "Pruning.pending": a_call(
        lambda ledger, _: ledger.pruning.pending(before=EARLY.date()),
        "decisions_by_time",
        "follow_ups_by_time",
    ),
    "Pruning.prune_some": a_call(
        prune,
        "decisions_by_time",
        "decisions_key",
        "follow_ups_by_time",
        "follow_ups_key",
        "events_by_kind",
        "events_key",
        "night_moves_key",
        "decisions_by_revision",
        *OF_CONTACTS,
        sorts="few rows are old, which PostgreSQL knows",
    ),
    "shadow_decisions": a_call(
        lambda ledger, _: list(shadow.shadow_decisions(ledger, since=LATELY)), "decisions_by_time"
    ),
    "last_words": a_call(
        lambda ledger, lead: [
            latest.last_words(ledger, since=BEGAN, until=ENDED, after=after, **by)
            for after in ("", f"{EARLY.isoformat()}|{lead.decision}")
            for by in ({}, {"revision": "revision-1"}, {"rule": "rule-1"})
        ],
        "decisions_by_time",
        "decisions_by_revision",
        "decisions_by_rule",
        "decisions_of_contact",
    ),
    "recorded": a_call(
        lambda ledger, lead: latest.recorded(
            ledger, [decision_of(lead.number + more, lead.portal, rows=lead.rows) for more in range(200)]
        ),
        "decisions_key",
    ),
    "last_decided_at": a_call(
        lambda ledger, _: latest.last_decided_at(ledger), "decisions_by_time", whole="it reads one row"
    ),
    "decided_since": a_call(lambda ledger, _: latest.decided_since(ledger, LATELY), "decisions_by_time"),
    "first_decisions": a_call(
        lambda ledger, _: list(past_leads.first_decisions(ledger, since=LATELY)), "decisions_by_time"
    ),
    "waits_since": a_call(
        lambda ledger, _: list(settled.waits_since(ledger, LATELY, most=1_000)), "decisions_by_time"
    ),
    "began": a_call(lambda ledger, _: settled.began(ledger, LATELY, most=100), "decisions_by_time"),
    "with_late_facts": a_call(
        lambda ledger, lead: past_leads.with_late_facts(
            ledger, [past_leads.PastLead(lead.contact, "{}")], {lead.contact: lead.decision}
        ),
        "decisions_key",
    ),
    "last_revisions": a_call(
        lambda ledger, _: past_leads.last_revisions(ledger, since=LATELY), "decisions_by_time"
    ),
}
"""Every public method of the ledger. One that is missing here fails the test below."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger of 100,000 decisions, and of a second, small portal."""
    with _a_database(request, tmp_path_factory.mktemp("large")) as url:
        ledger = open_ledger(url, LARGE)
        with ledger.database.begin() as connection:
            for portal, rows in ROWS.items():
                fill(connection, portal, rows=rows)
        yield ledger
        ledger.close()


@contextmanager
def _a_database(request: pytest.FixtureRequest, directory: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{directory}/ledger.sqlite3"
        return
    with a_schema(request.getfixturevalue("postgres_url")) as url:
        yield url


def test_every_method_finds_its_rows_by_the_index_that_is_meant(filled: Ledger) -> None:
    """PostgreSQL looks at a growing table by itself, so that it always has statistics; SQLite never does.

    So PostgreSQL knows a small portal, and may well read all of it where SQLite looks up single rows.
    """
    is_sqlite = filled.database.dialect.name == "sqlite"
    without = _all_mistakes(filled, number=100) if is_sqlite else {}
    with filled.database.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    filled.database.dispose()  # SQLite reads statistics as a connection opens

    assert without == {}
    assert _all_mistakes(filled, number=200) == {}


def _all_mistakes(filled: Ledger, *, number: int) -> dict[tuple[str, str], list[str]]:
    found = {}
    portals = ROWS if filled.database.dialect.name == "sqlite" else {LARGE: ROWS[LARGE]}
    for portal, rows in portals.items():
        ledger = Ledger(filled.database, portal)
        for name, case in CASES.items():
            with recorded(ledger.database._engine) as statements:
                case.call(ledger, Lead(number, rows, portal))
            with ledger.database.connect() as connection:
                plans = [(one, plan_of(connection, one)) for one in statements]
            if mistakes := [*_mistakes(case, plans), *_sorts(case, plans)]:
                found[portal, name] = mistakes
    return found


def _mistakes(case: MethodCall, plans: list[tuple[Statement, Plan]]) -> Iterator[str]:
    met = set()
    for statement, plan in plans:
        accesses = [one for one in plan.accesses if (one.table or one.index).startswith(GROWING)]
        met |= {one.index for one in accesses}
        for one in accesses:
            if not case.whole and (not one.by or one.by in ("(portal=?)", "portal=?")):
                yield f"reads all rows of the portal: {one} for {statement.sql}"
            if one.index not in case.indexes and "*" not in case.indexes:
                yield f"another index than those meant: {one} for {statement.sql}"
    if unused := case.indexes - met - {"*"}:
        yield f"never used: {', '.join(sorted(unused))}"


def _sorts(case: MethodCall, plans: list[tuple[Statement, Plan]]) -> Iterator[str]:
    """Sorts of what an index in the order of time could give sorted."""
    for statement, plan in plans:
        by_time = [one for one in plan.accesses if one.index in IN_ORDER]
        if plan.sorts and by_time and not case.whole and not case.sorts:
            yield f"sorts all that it finds: {plan} for {statement.sql}"


def test_no_public_method_of_the_ledger_is_missing_above() -> None:
    rows = (DaySums, DayTable, ShareRows, ResultRows, Pruning)
    classes = (Ledger, FollowUps, Merges, NightHistory, RevisionHistory, Shares, Rewrites, *rows)
    methods = {
        f"{one.__name__}.{name}"
        for one in classes
        for name, value in vars(one).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    functions = {
        name
        for module in (latest, past_leads, settled, shadow)
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }

    assert methods | functions == CASES.keys()
