"""`router test` as operations and CI use it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from router.cli.rules.test import test as command
from tests.world.rule_folders import COMPANY


def answer_of(*arguments: str | Path, **environ: str) -> Result:
    return CliRunner(env={"COLUMNS": "80", **environ}).invoke(command, [str(one) for one in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped rules, with a file of tests that a test writes."""
    copy = tmp_path / "config"
    shutil.copytree(COMPANY, copy, ignore=shutil.ignore_patterns("*.test.yaml"))
    return copy


def write_tests(folder: Path, tests: str) -> None:
    (folder / "tests" / "a.test.yaml").write_text(f"now: 2026-11-24T10:15\ntests:\n{tests}")


def test_the_shipped_tests_pass_and_reach_every_rule() -> None:
    answer = answer_of("--coverage", COMPANY)

    assert answer.exit_code == 0
    assert "no test reaches" not in answer.output
    assert answer.output.splitlines()[-1].startswith("Fine: ")


def test_a_test_that_fails_is_told_step_by_step(folder: Path) -> None:
    write_tests(folder, "  - {name: Un inconnu, lead: {type_demande: support}, expect: {do: nurture}}\n")

    answer = answer_of(folder)

    assert answer.exit_code == 1
    assert "tests/a.test.yaml:3: fails: Un inconnu" in answer.output
    assert "  do: expected nurture\n           got nothing" in answer.output
    assert "Règle : Candidatures et support ne vont pas aux commerciaux" in answer.output
    assert answer.output.splitlines()[-2:] == ["fails  tests/a.test.yaml: 0 of 1 test", "1 test failed."]
    assert max(map(len, answer.output.splitlines())) <= 80


def test_a_mistake_in_a_test_has_its_place_and_its_remedy(folder: Path) -> None:
    write_tests(folder, "  - {name: Un inconnu, lead: {zipp: 75011}, expect: {do: queue}}\n")

    answer = answer_of(folder)

    assert answer.exit_code == 1
    assert "tests/a.test.yaml:3:31: error: HubSpot has no contact property 'zipp'" in answer.output
    assert "Did you mean 'zip'?" in answer.output


def test_rules_without_a_test_are_named_with_their_line(folder: Path) -> None:
    write_tests(folder, "  - {name: Un inconnu, expect: {rule: Leads froids → nurture}}\n")

    answer = answer_of("--coverage", folder)

    assert answer.exit_code == 0
    assert answer.output.startswith("1 of ")
    assert "no test reaches 'Secteur public'" in answer.output


def test_no_test_at_all_is_no_success_and_says_how_to_begin(folder: Path) -> None:
    answer = answer_of(folder)

    assert answer.exit_code == 1
    assert "expect: {team: …}" in answer.output


def test_machines_read_json(folder: Path) -> None:
    write_tests(folder, "  - {name: Un inconnu, expect: {do: queue}}\n")

    answer = answer_of("--json", folder)

    facts = json.loads(answer.output)
    assert answer.exit_code == 1
    assert facts["ok"] is False
    assert facts["tests"][0]["differences"] == [{"what": "do", "expected": "queue", "got": "nurture"}]


def test_rules_with_an_error_are_not_tested(folder: Path) -> None:
    rules = folder / "routing.yaml"
    rules.write_text(rules.read_text().replace("{rep: marc", "{rep: marco"))

    answer = answer_of(folder)

    assert answer.exit_code == 1
    assert "Did you mean 'marc'?" in answer.output
    assert "router check" in answer.output


def test_a_folder_that_is_none_is_misuse() -> None:
    assert answer_of("no/such/folder").exit_code == 2
