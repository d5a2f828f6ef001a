"""What changed between two revisions is told by name, and comments are no change."""

from __future__ import annotations

import pytest

from router.rulefiles.revision_changes import changes_between
from tests.world.rule_folders import COMPANY, SMALL

NAMES = ("team.yaml", "lists.yaml", "scoring.yaml", "routing.yaml", "hubspot.catalog.json")


def the_files() -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in SMALL.iterdir()}
    return files | {NAMES[-1]: (COMPANY / NAMES[-1]).read_bytes()}


def told(file: str, old: str, new: str) -> list[str]:
    before = the_files()
    assert old in before[file].decode()
    after = before | {file: before[file].decode().replace(old, new, 1).encode()}
    return [str(change) for change in changes_between(before, after)]


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("team.yaml", "weight: 2", "weight: 3", ["~ rep camille: weight 2 → 3"]),
        ("team.yaml", "idf: [camille, hugo, lea]", "idf: [camille, lea]", ["~ team idf: reps -hugo"]),
        (
            "team.yaml",
            "idf: [camille, hugo, lea]",
            "idf: [lea, camille, hugo]",
            ["~ team idf: reps in the order lea, camille, hugo"],
        ),
        ("team.yaml", "reps:\n", "hours:\n  tot: {mon-fri: 07:00-15:00}\nreps:\n", ["+ hours tot"]),
        ("team.yaml", "  paul:    {owner: paul.ancien@acme.fr}\n", "", ["- rep paul"]),
        ("lists.yaml", "[DE, NO]", "[DE, AT]", ["~ list etranger: +AT -NO"]),
        ("lists.yaml", "  etranger:", "  nord: [SE]\n  etranger:", ["+ list nord"]),
        (
            "routing.yaml",
            "when: {type_demande: support}",
            "when: {type_demande: [support, candidature]}",
            ["~ rule Support: when type_demande: support → type_demande: [support, candidature]"],
        ),
        ("routing.yaml", "{rep: marc}", "{team: idf}", ["~ rule Marc: action to rep marc → team idf"]),
        (
            "routing.yaml",
            "assign: {rep: marc}",
            "assign: {rep: marc}\n    sla: 90min",
            ["~ rule Marc: sla nothing → 90min"],
        ),
        ("routing.yaml", "name: Marc", "name: Étranger", ["+ rule Étranger", "- rule Marc"]),
        ("routing.yaml", "default: 4h", "default: 1h", ["~ setting default sla: 4h → 1h"]),
        ("routing.yaml", "language: fr", "language: en", ["~ setting language: fr → en"]),
        ("routing.yaml", "language: fr", "mode: shadow", ["~ setting mode: live → shadow"]),
        (
            "routing.yaml",
            "A1, A2, B1, C1",
            "A1, A2",
            ["~ segment chaud: grade: [A1, A2, B1, C1] → grade: [A1, A2]"],
        ),
        (
            "scoring.yaml",
            "demo: 60",
            "demo: 70",
            ["~ points (engagement) type_demande: lines +demo: +70 -demo: +60"],
        ),
        ("routing.yaml", "language: fr", "# a comment\nlanguage: fr", []),
    ],
)
def test_a_change_is_told_by_name(file: str, old: str, new: str, changes: list[str]) -> None:
    assert told(file, old, new) == changes


def test_a_rule_that_moved_is_told_for_the_order_decides() -> None:
    support = "  - name: Support\n    when: {type_demande: support}\n    do: nothing\n"
    before = the_files()
    text = before["routing.yaml"].decode().replace(support, "")
    after = before | {"routing.yaml": text.replace("  - name: Froids", f"{support}  - name: Froids").encode()}

    assert [str(change) for change in changes_between(before, after)] == [
        "~ rule Support: moved below 'Marc'"
    ]


def test_hours_that_changed_are_told_once_and_not_at_each_rep() -> None:
    files = {name: (COMPANY / name).read_bytes() for name in NAMES}
    team = files["team.yaml"].replace(b"09:00-18:00", b"09:00-17:30")

    changes = changes_between(files, files | {"team.yaml": team})

    assert [str(change) for change in changes] == ["~ hours bureau"]


def test_files_that_cannot_be_read_any_more_are_compared_by_name() -> None:
    before = the_files()

    changes = changes_between(before, before | {"routing.yaml": b"}"})

    assert [str(change) for change in changes] == ["~ file routing.yaml"]


def test_tests_and_catalog_are_told_as_files() -> None:
    before = the_files()
    after = before | {"tests/a.test.yaml": b"tests: []", NAMES[-1]: before[NAMES[-1]] + b"\n"}

    changes = changes_between(before, after)

    assert [str(change) for change in changes] == [
        "~ catalog hubspot.catalog.json",
        "+ tests tests/a.test.yaml",
    ]


def test_every_part_of_a_companys_rules_can_be_told() -> None:
    files = {name: (COMPANY / name).read_bytes() for name in NAMES}

    changes = changes_between(the_files(), files)

    assert {change.kind for change in changes} >= {"rule", "rep", "team", "list", "segment", "points (fit)"}
    assert not [change for change in changes if "object at" in str(change) or "(" in change.name]
