"""What an editor offers, and what it underlines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import SchemaError

from router.rulefiles.editor_schema import editor_schemas
from router.rulefiles.editor_schema.parts import as_text
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rules_on_disk import read_rule_files
from tests.rulefiles.as_an_editor import as_an_editor_reads, complaints
from tests.world.rule_files import FILES, ROUTING, SCORING, TEAM, a_catalog
from tests.world.rule_folders import COMPANY

HOME = Path(__file__).parents[3]
CONFIG = HOME / "config"


def schemas(**changes: str) -> dict[str, Any]:
    texts = {**FILES, **{f"{name}.yaml": text for name, text in changes.items()}}
    return editor_schemas({name: text.encode() for name, text in texts.items()}, a_catalog())


def about(kind: str, text: str) -> list[str]:
    return complaints(schemas()[f"{kind}.json"], as_an_editor_reads(text))


def shipped() -> dict[str, Any]:
    files = read_rule_files(COMPANY)
    return editor_schemas(files, parse_catalog(files[CATALOG_FILE]))


@pytest.mark.parametrize("file", FILES)
def test_a_right_file_has_nothing_underlined(file: str) -> None:
    assert about(file.removesuffix(".yaml"), FILES[file]) == []


@pytest.mark.parametrize(
    "path", [*CONFIG.glob("*.yaml"), *CONFIG.glob("tests/*.yaml")], ids=lambda path: path.name
)
def test_the_shipped_files_have_nothing_underlined(path: Path) -> None:
    kind = "tests" if path.parent.name == "tests" else path.stem

    assert complaints(shipped()[f"{kind}.json"], as_an_editor_reads(path.read_text("utf-8"))) == []


def test_a_schema_that_is_none_is_told() -> None:
    with pytest.raises(SchemaError):
        complaints({"type": "text"}, "a text")


@pytest.mark.parametrize("path", [*CONFIG.glob("*.yaml")], ids=lambda path: path.name)
def test_the_shipped_files_name_their_schema(path: Path) -> None:
    first = path.read_text("utf-8").splitlines()[0]

    assert first == f"# yaml-language-server: $schema=../.schema/{path.stem}.json"


def test_the_schemas_beside_the_shipped_files_are_up_to_date() -> None:
    stale = [
        name
        for name, schema in shipped().items()
        if (HOME / ".schema" / name).read_bytes() != as_text(schema)
    ]

    assert stale == [], "run: router schema"


CONDITIONS = (
    "country: NO",
    "country: [$nordic, FR]",
    "country: {not: FR}",
    "departement: [01, 2A, 974]",
    "zip: 06000",
    "company.numberofemployees: 200..",
    "company.numberofemployees: 5",
    "company.numberofemployees: [5, 50..199, unknown]",
    "company.numberofemployees: {at_least: 50, below: 200}",
    "company.numberofemployees: {above: 50}",
    "company.numberofemployees: '>= 200'",
    "company.numberofemployees: below 50",
    "jobtitle: 'contains daf, direct*'",
    "jobtitle: {contains: [daf]}",
    "recent_conversion_date: within 2 weeks",
    "recent_conversion_date: 2026-11-24..",
    "birthday: 2026-11-24",
    "age: ..7d",
    "newsletter: true",
    "account_owner: anna@acme.fr",
    "previous_owner: known",
    "segment: [hot, cold]",
    "grade: A1",
    "email_domain: {not: [gmail.com, $nordic]}",
    "any: [{country: FR}, {none: [{request: demo}]}]",
    "not: {country: FR}",
)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_right_condition_is_not_underlined(condition: str) -> None:
    routing = ROUTING.replace("company.industry: GOVERNMENT", condition)

    assert about("routing", routing) == []


TEAMS = (
    "{reps: [ben], fair_by: value}",
    "{reps: [ben], fair_by: count, time_off: forgive}",
    "{reps: [ben], time_off: catch_up}",
    "{reps: ben, time_off: {catch_up: 5}}",
)


@pytest.mark.parametrize("team", TEAMS)
def test_a_team_that_is_written_right_is_not_underlined(team: str) -> None:
    assert about("team", FILES["team.yaml"].replace("south: [ben]", f"south: {team}")) == []


TYPOS = (
    ("routing", "company.industry: GOVERNMENT", "company.industrie: GOVERNMENT"),
    ("routing", "company.industry: GOVERNMENT", "company.industry: GOVERMENT"),
    ("routing", "company.industry: GOVERNMENT", "departement: 2C"),
    ("routing", "company.industry: GOVERNMENT", "company.numberofemployees: many"),
    ("routing", "company.industry: GOVERNMENT", "company.industry: $nordic"),
    ("routing", "company.industry: GOVERNMENT", "company.industry: []"),
    ("routing", "team: north, needs", "team: nord, needs"),
    ("routing", "rep: anna", "rep: ana"),
    ("routing", "level: senior", "level: seniour"),
    ("routing", "    sla: 2h", "    sla: 2d"),
    ("routing", "assign: {rep", "asign: {rep"),
    ("routing", "otherwise:\n", "otherwize:\n"),
    ("scoring", "{demo: 60", "{demos: 60"),
    ("scoring", "demo: 60", "demo: sixty"),
    ("scoring", "request:", "requests:"),
    ("scoring", "half_life: 14d", "half_live: 14d"),
    ("team", "owner: anna@acme.fr", "owner: ana@acme.fr"),
    ("team", "south: [ben]", "south: [bem]"),
    ("team", "south: [ben]", "south: {reps: [ben], fair_by: values}"),
    ("team", "south: [ben]", "south: {reps: [ben], time_off: forget}"),
    ("team", "south: [ben]", "south: {reps: [ben], time_off: {catch_up: 0}}"),
    ("routing", "method: queue", "method: least_load"),
    ("team", "mon-fri", "lun-ven"),
    ("team", "hours: office", "hours: ofice"),
    ("team", "from: 2026-12-21", "from: 21/12/2026"),
    ("lists", "lists:", "list:"),
)


@pytest.mark.parametrize(("kind", "right", "wrong"), TYPOS, ids=[wrong for _, _, wrong in TYPOS])
def test_a_typing_error_is_underlined(kind: str, right: str, wrong: str) -> None:
    text = FILES[f"{kind}.yaml"]
    assert right in text

    assert about(kind, text.replace(right, wrong, 1)) != []


@pytest.mark.parametrize(
    "line", ["BANKING, INSURANCE: 20", "known: 3", "GOVERNMENT: -5", "other: 1", "unknown: 0"]
)
def test_a_line_of_points_may_name_several_values(line: str) -> None:
    scoring = SCORING.replace(
        "company.numberofemployees: {200..: 30, ..199: 10}", f"company.industry:\n      {line}"
    )

    assert about("scoring", scoring) == []


def test_a_departement_keeps_its_points_though_the_editor_reads_a_number() -> None:
    scoring = SCORING.replace(
        "company.numberofemployees: {200..: 30, ..199: 10}", "departement: {01: 5, 2A: 3}"
    )

    assert about("scoring", scoring) == []


def test_a_test_may_leave_a_property_empty() -> None:
    text = """\
now: 2026-11-24T10:15+01:00
defaults: {zip: 06000, company.numberofemployees: 120, product: [crm, bi]}
tests:
  - name: nobody knows the size
    lead: {company.numberofemployees: , recent_conversion_date: 2026-11-24T09:00Z}
    expect: {team: north, among: [anna, ben], share: {anna: 1}, do: assign}
"""

    assert about("tests", text) == []
    assert about("tests", text.replace("team: north", "team: nord")) != []
    assert about("tests", text.replace("zip:", "zipp:")) != []


def test_names_that_cannot_be_read_are_not_underlined() -> None:
    made = schemas(team="reps: [", lists="lists: {")

    assert complaints(made["routing.json"], as_an_editor_reads(ROUTING)) == []


def test_a_broken_file_still_has_its_schema() -> None:
    made = schemas(team=TEAM.replace("owner: ben@acme.fr", "owner: nobody"))["team.json"]

    assert complaints(made, as_an_editor_reads(TEAM)) == []


def test_options_come_with_their_labels() -> None:
    made = schemas()["routing.json"]["definitions"]["company.industry"]

    assert made["enum"][:2] == ["BANKING", "INSURANCE"]
    assert made["enumDescriptions"][:2] == ["Banking", "Insurance"]


def test_archived_options_are_not_offered() -> None:
    made = schemas()["routing.json"]["definitions"]["status"]

    assert made["enum"] == ["NEW"]
