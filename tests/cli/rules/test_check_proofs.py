"""What `router check` says of files that can be read, but hold rules that cannot work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from router.cli.rules.check import check
from tests.world.rule_folders import COMPANY
from tests.world.time import Clock

NEVER = """\
  - name: Bretons sans segment
    when: {country: FR, company.industry: GOVERNMENT_ADMINISTRATION, account_owner: known}
    assign: {team: ouest}

otherwise:                         #"""


def checked(*arguments: str | Path) -> Result:
    return CliRunner().invoke(check, [str(one) for one in arguments], obj=Clock())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped files with one rule more, whose leads others take."""
    shutil.copytree(COMPANY, tmp_path / "config")
    rules = tmp_path / "config" / "routing.yaml"
    before, _, after = rules.read_text().rpartition("\notherwise:")
    rules.write_text(f"{before}\n{NEVER}{after}")
    return tmp_path / "config"


def test_a_rule_that_is_never_reached_keeps_files_from_going_live(folder: Path) -> None:
    answer = checked(folder)

    assert answer.exit_code == 1
    assert "error: the rule 'Bretons sans segment' is never reached" in answer.output
    assert "Everything it matches is already taken by: " in answer.output
    assert answer.output.endswith("1 error, 0 warnings. These files cannot go live.\n")


def test_machines_read_what_was_proved(folder: Path) -> None:
    found = json.loads(checked(folder, "--json").output)

    assert found["ok"] is False
    assert {"error", "info"} == {mistake["severity"] for mistake in found["mistakes"]}


def test_a_rule_without_a_test_is_a_warning_where_there_are_tests(tmp_path: Path) -> None:
    shutil.copytree(COMPANY, tmp_path / "config")
    (tmp_path / "config" / "tests" / "france.test.yaml").unlink()

    answer = checked(tmp_path / "config")

    assert answer.exit_code == 0
    assert "warning: no test reaches the rule 'France / Corse'" in answer.output


def test_without_any_test_nothing_is_said_of_tests(tmp_path: Path) -> None:
    shutil.copytree(COMPANY, tmp_path / "config", ignore=shutil.ignore_patterns("tests"))

    assert "no test" not in checked(tmp_path / "config").output


def test_a_mistake_in_a_test_is_an_error_too(tmp_path: Path) -> None:
    shutil.copytree(COMPANY, tmp_path / "config")
    (tmp_path / "config" / "tests" / "more.test.yaml").write_text("nothing: here\n")

    answer = checked(tmp_path / "config")

    assert answer.exit_code == 1
    assert "tests/more.test.yaml:1:1: error: " in answer.output


def test_notes_are_only_shown_to_who_asks() -> None:
    short, long = checked(COMPANY), checked(COMPANY, "--info")

    assert "notes: add --info" in short.output
    assert "info: some leads fit" not in short.output
    assert "info: some leads fit" in long.output
    assert "Some leads fit only the last 'otherwise'. For example: " in long.output


def test_github_calls_a_note_a_notice() -> None:
    assert "::notice file=" in checked(COMPANY, "--format", "github", "--info").output
