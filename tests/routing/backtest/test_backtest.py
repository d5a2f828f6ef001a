"""Real leads through two rule sets: read from an export or the ledger, replayed, compared."""

from __future__ import annotations

import csv
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from router.ledger import open_ledger
from router.policy.backtest.dealing.comparison import LeadFlow, taker_of
from router.policy.backtest.dealing.dealing import without_open_caps
from router.policy.decision.inputs import Inputs
from router.policy.decision.trigger import Claimed, Revised, Trigger
from router.policy.explanation.decision_record import as_record
from router.policy.leads.catalog import Catalog
from router.policy.leads.lead import Lead
from router.policy.rules.conditions import OneOf
from router.policy.rules.policy import Assign, DoNothing, Policy, ToTeam
from router.policy.shares.share_book import Book
from router.routing.backtest.blocks import Leads
from router.routing.backtest.csv_leads import open_csv
from router.routing.backtest.csv_rows import LeadsUnreadable
from router.routing.backtest.ledger_leads import LedgerLeads
from router.routing.backtest.other_rules import NothingToCompare, rules_of_commit, rules_of_directory
from router.routing.backtest.run import Backtest, rule_set, run_backtest
from router.rulefiles.load import load_files, revision
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rules_on_disk import read_rule_files
from tests.world.policies import a_policy, a_rule, asks, deciding, owners_of
from tests.world.rule_folders import COMPANY

BEGAN = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
HEADER = ("Record ID", "createdate", "email", "country", "zip", "type_demande", "company.numberofemployees")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return parse_catalog((COMPANY / CATALOG_FILE).read_bytes())


@pytest.fixture(scope="module")
def policy() -> Policy:
    loaded = load_files(read_rule_files(COMPANY))
    assert loaded.policy is not None
    return loaded.policy


def an_export(path: Path, rows: Sequence[Sequence[str]], *, header: Sequence[str] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def contacts(count: int) -> list[tuple[str, ...]]:
    """Contacts of many kinds, twenty minutes apart."""
    return [
        (
            str(1000 + number),
            (BEGAN + timedelta(minutes=20 * number)).isoformat(),
            f"anna{number}@{('boulanger-sa.fr', 'gmail.com', 'yopmail.com')[number % 7 % 3]}",
            ("France", "Allemagne", "", "Norvège")[number % 5 % 4],
            f"{number % 95 + 1:02}120",
            ("demo", "devis", "support", "contenu")[number % 4],
            ("", "12", "250", "4000")[number % 3],
        )
        for number in range(count)
    ]


def backtested(
    leads: Leads, before: Policy, after: Policy, catalog: Catalog, *, workers: int = 1
) -> Backtest:
    sides = rule_set("before", before, catalog), rule_set("after", after, catalog)
    return run_backtest(leads, *sides, workers=workers, progress=lambda _leads: None)


def decided_one_by_one(
    policy: Policy, catalog: Catalog, rows: Sequence[Sequence[str]]
) -> tuple[Mapping[str, int], list[str]]:
    """Leads per rep, and the reasons, as `decide` gives them."""
    owners = rule_set("", policy, catalog).owners
    policy, book, reasons = without_open_caps(policy), Book(), []
    got = Counter[str]()
    for row in rows:
        fields = dict(zip(HEADER, row, strict=True))
        lead = Lead(
            fields["Record ID"],
            {name: text for name, text in fields.items() if not name.startswith("company.")},
            {"numberofemployees": fields["company.numberofemployees"]},
        )
        at = datetime.fromisoformat(fields["createdate"])
        decision = deciding(policy, lead, book=book, owners=owners, now=at)
        book = book.apply(decision.book_changes)
        reasons.append(decision.reason)
        if (taker := taker_of(decision.outcome)) is not None:
            got[taker] += 1
    return got, reasons


def test_an_export_is_decided_as_its_leads_were_one_by_one(
    tmp_path: Path, policy: Policy, catalog: Catalog
) -> None:
    rows = contacts(600)
    nobody = replace(policy, rules=(a_rule("nobody", action=DoNothing()), *policy.rules))

    ran = backtested(open_csv(an_export(tmp_path / "leads.csv", rows), catalog), nobody, policy, catalog)

    got, reasons = decided_one_by_one(policy, catalog, rows)
    assert {rep: one.after for rep, one in ran.comparison.reps.items() if one.after} == got
    reason_of = {row[0]: reason for row, reason in zip(rows, reasons, strict=True)}
    shown = dict(zip(ran.example_ids, ran.comparison.examples, strict=True))
    assert len(shown) == 10
    assert {one: example.after.reason for one, example in shown.items()} == {
        one: reason_of[one] for one in shown
    }


def test_processes_side_by_side_find_the_same(tmp_path: Path, policy: Policy, catalog: Catalog) -> None:
    leads = open_csv(an_export(tmp_path / "leads.csv", contacts(2_500)), catalog)
    other = replace(policy, rules=policy.rules[6:])

    alone = backtested(leads, other, policy, catalog)
    together = backtested(leads, other, policy, catalog, workers=2)

    assert together == alone
    assert alone.comparison.moved > 0


def test_moves_are_counted_from_place_to_place(tmp_path: Path, catalog: Catalog) -> None:
    before = a_policy(otherwise=Assign(ToTeam("sales")))
    after = replace(
        before,
        rules=(
            a_rule("Jobs", asks("type_demande", OneOf(frozenset(["support"]))), DoNothing()),
            *before.rules,
        ),
    )
    after = replace(after, types={"type_demande": "choice"})
    leads = open_csv(an_export(tmp_path / "leads.csv", contacts(40)), catalog)

    owners = Catalog(contact={}, company={}, owners=tuple(owners_of(before.roster).values()))

    found = backtested(leads, before, after, owners).comparison

    assert found.moved == 10
    assert found.moves == (LeadFlow("sales", "nobody", 10),)
    assert (found.left_alone.before, found.left_alone.after) == (0, 10)
    assert (found.unrouted.before, found.unrouted.after) == (40, 30)
    assert sum(one.after for one in found.due_by_hour) == 30


def test_leads_in_any_order_are_replayed_in_the_order_in_which_they_came(
    tmp_path: Path, policy: Policy, catalog: Catalog
) -> None:
    rows = contacts(300)
    newest_first = open_csv(an_export(tmp_path / "new.csv", rows[::-1]), catalog)
    in_order = open_csv(an_export(tmp_path / "old.csv", rows), catalog)
    other = replace(policy, rules=policy.rules[6:])

    ran, expected = (backtested(one, other, policy, catalog) for one in (newest_first, in_order))

    assert ran.comparison.reps == expected.comparison.reps
    assert set(ran.example_ids) <= {row[0] for row in rows}
    assert ran.example_ids == expected.example_ids


def test_contacts_without_ids_are_told_by_their_places(
    tmp_path: Path, policy: Policy, catalog: Catalog
) -> None:
    rows = contacts(40)
    path = an_export(tmp_path / "leads.csv", [row[1:] for row in rows], header=HEADER[1:])
    since = datetime.fromisoformat(rows[30][1])
    nobody = replace(policy, rules=(a_rule("nobody", action=DoNothing()), *policy.rules))

    ran = backtested(open_csv(path, catalog, since=since), nobody, policy, catalog)

    places = [example.lead + 1 for example in ran.comparison.examples]
    assert places and max(places) <= 10
    assert list(ran.example_ids) == [f"number {place} of those replayed" for place in places]


def test_labels_of_properties_and_options_are_understood(tmp_path: Path, catalog: Catalog) -> None:
    header = ("Record ID", "Create Date", "Adresse e-mail", "Code de pays", "Who knows")
    path = an_export(
        tmp_path / "leads.csv", [("1", "2026-11-02 08:00", "a@b.fr", "Aruba", "x")], header=header
    )

    leads = open_csv(path, catalog)

    assert set(leads.columns) == {"hs_object_id", "createdate", "email", "hs_country_region_code"}
    assert leads.unknown == ("Who knows",)
    assert leads.reader({"hs_country_region_code": "choice"})("hs_country_region_code", "Aruba") == "AW"


def test_a_column_tells_who_had_a_contact_before_by_address_or_id(tmp_path: Path, catalog: Catalog) -> None:
    owner = catalog.owners[0]
    header = ("Record ID", "Create Date", "previous_owner")
    rows = [
        ("1", "2026-11-02 08:00", owner.email),
        ("2", "2026-11-02 09:00", owner.id),
        ("3", "2026-11-02 10:00", ""),
    ]

    leads = open_csv(an_export(tmp_path / "leads.csv", rows, header=header), catalog)

    read = leads.reader({"previous_owner": "text"})
    (_number, chunk) = next(iter(leads.chunks({"previous_owner": "text"}, wanted=lambda _number: True)))
    assert [read("previous_owner", cell) for cell in chunk.cells["previous_owner"]] == [
        owner.id,
        owner.id,
        None,
    ]
    assert leads.has_fact("previous_owner")


def test_rows_without_a_date_are_left_out_and_counted(
    tmp_path: Path, policy: Policy, catalog: Catalog
) -> None:
    rows = contacts(20)
    rows[3] = (rows[3][0], "yesterday", *rows[3][2:])

    ran = backtested(open_csv(an_export(tmp_path / "leads.csv", rows), catalog), policy, policy, catalog)

    assert (ran.left_out, ran.comparison.leads) == (1, 19)


def test_leads_before_since_are_passed_over(tmp_path: Path, policy: Policy, catalog: Catalog) -> None:
    path = an_export(tmp_path / "leads.csv", contacts(20))

    leads = open_csv(path, catalog, since=BEGAN + timedelta(minutes=100))

    assert backtested(leads, policy, policy, catalog).comparison.leads == 15


def test_examples_keep_their_ids_when_whole_blocks_are_passed_over(
    tmp_path: Path, policy: Policy, catalog: Catalog
) -> None:
    rows = contacts(3_000)
    path = an_export(tmp_path / "leads.csv", rows)
    other = replace(policy, rules=policy.rules[6:])
    since = open_csv(path, catalog, since=BEGAN + timedelta(minutes=20 * 2_500))
    alone = open_csv(an_export(tmp_path / "last.csv", rows[2_500:]), catalog)

    ran, expected = (backtested(one, other, policy, catalog, workers=2) for one in (since, alone))

    assert ran == expected
    assert ran.comparison.moved > 0


def test_line_breaks_within_quotes_belong_to_their_row(
    tmp_path: Path, policy: Policy, catalog: Catalog
) -> None:
    rows = [(*row, 'He said:\n"now"\n') for row in contacts(1_200)]
    path = an_export(tmp_path / "leads.csv", rows, header=(*HEADER, "message"))

    ran = backtested(open_csv(path, catalog), policy, policy, catalog, workers=2)

    assert ran.comparison.leads == 1_200


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty. Export contacts from HubSpot as CSV, all columns."),
        ("Créé;é-mail\n".encode("latin-1"), "is not UTF-8 text"),
        (b"email,zip\na@b.fr,75001\n", "has no column 'createdate', so nobody knows when its leads came."),
        (b"createdate,email\n2026-11-02,a@b.fr,x\n", "has a row of 3 cells where the header has 2"),
        (b"createdate,email\n", "There is no lead to replay."),
    ],
)
def test_a_file_that_cannot_be_replayed_is_refused_in_a_sentence(
    tmp_path: Path, policy: Policy, catalog: Catalog, content: bytes, says: str
) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(content)

    with pytest.raises(LeadsUnreadable) as refused:
        backtested(open_csv(path, catalog), policy, policy, catalog)

    assert says in str(refused.value)


def test_the_ledger_is_replayed_from_the_facts_it_stored(
    tmp_path: Path, policy: Policy, catalog: Catalog
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    owners = rule_set("", policy, catalog).owners
    rows, records, book = contacts(120), [], Book()
    for row in rows:
        fields = dict(zip(HEADER, row, strict=True))
        lead = Lead(row[0], {name: fields[name] for name in HEADER[1:-1]}, {"numberofemployees": row[-1]})
        at = datetime.fromisoformat(fields["createdate"])
        decision = deciding(policy, lead, book=book, owners=owners, now=at)
        book = book.apply(decision.book_changes)
        records.append(as_record(decision))
    ledger = open_ledger(url, "1")
    ledger.record(records, [])
    ledger.keep_revision(policy.revision, read_rule_files(COMPANY), live_since=BEGAN)
    ledger.close()
    leads = LedgerLeads(url, "1", BEGAN)
    asks_more = replace(policy, types={**policy.types, "city": "text"})

    ran = backtested(leads, policy, asks_more, catalog)

    assert ran.comparison.leads == 120
    assert ran.comparison.moved == 0
    assert leads.not_stored([policy]) == {}
    assert leads.not_stored([asks_more]) == {"city": 120}
    got, _ = decided_one_by_one(policy, catalog, rows)
    assert {rep: one.before for rep, one in ran.comparison.reps.items() if one.before} == got


def test_a_lead_whose_facts_came_late_is_replayed_with_them(tmp_path: Path, policy: Policy) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    ways: dict[str, tuple[Trigger | None, ...]] = {
        "1": (None,),
        "2": (None, LATE),
        "3": (None, LATE, LATE),
        "4": (None, Claimed("lea", "idf"), LATE),
    }
    records = [
        decided(policy, contact_id, episode, trigger)
        for contact_id, triggers in ways.items()
        for episode, trigger in enumerate(triggers)
    ]
    ledger = open_ledger(url, "1")
    ledger.record(records, [])
    ledger.close()

    ((_, chunk),) = LedgerLeads(url, "1", BEGAN).chunks(
        {"score": "number", "region": "text"}, wanted=every_block
    )

    assert chunk.ids == ["1", "2", "3", "4"]
    assert list(chunk.cells["region"]) == [None, "ara", "idf", None], "a claimed lead is replayed as it came"
    minute = 60_000_000
    assert [(one - chunk.arrived[0]) // minute for one in chunk.arrived] == [0, 1, 2, 0]


LATE = Revised("", None, ("region",))


def decided(policy: Policy, contact_id: str, episode: int, trigger: Trigger | None) -> dict[str, Any]:
    """The record of a decision a minute after the one before; it knows one more place each time."""
    decision = deciding(
        policy, now=BEGAN + episode * timedelta(minutes=1), contact_id=contact_id, episode=episode
    )
    region = (None, "ara", "idf")[episode]
    facts = {} if region is None else {"region": region}
    return as_record(replace(decision, facts=facts, inputs=Inputs(trigger=trigger)))


def every_block(_number: int) -> bool:
    return True


def test_rules_are_read_from_a_commit_and_from_a_directory(tmp_path: Path, catalog: Catalog) -> None:
    folder = tmp_path / "repository" / "rules"
    folder.mkdir(parents=True)
    for name, content in read_rule_files(COMPANY).items():
        if "/" not in name:
            (folder / name).write_bytes(content)
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "Rules"], check=True)
    routing = folder / "routing.yaml"
    routing.write_bytes(routing.read_bytes() + b"# a change\n")

    committed = rules_of_commit("HEAD", folder, catalog).policy
    on_disk = rules_of_directory(folder, catalog).policy

    assert committed.revision.startswith("commit ")
    assert on_disk.revision == revision(read_rule_files(folder))
    assert committed.rules == on_disk.rules
    with pytest.raises(NothingToCompare, match="'v9' is no directory, and no git revision"):
        rules_of_commit("v9", folder, catalog)
