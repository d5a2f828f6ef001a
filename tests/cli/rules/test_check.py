"""`router check` as operations and CI use it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from router.cli.rules.check import check
from tests.world.rule_folders import COMPANY
from tests.world.time import Clock


def checked(*arguments: str | Path, **environ: str) -> Result:
    return CliRunner(env=environ).invoke(check, [str(one) for one in arguments], obj=Clock())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped files with one mistake: a team that does not exist."""
    shutil.copytree(COMPANY, tmp_path / "config")
    rules = tmp_path / "config" / "routing.yaml"
    rules.write_text(rules.read_text().replace("{team: international, needs", "{team: internationale, needs"))
    return tmp_path / "config"


def test_good_files_are_one_line_of_facts() -> None:
    answer = checked(COMPANY)

    assert answer.exit_code == 0
    assert answer.output.startswith("Fine: 4 files, ")
    assert "8 reps, revision " in answer.output
    assert len(answer.output.splitlines()) == 1


def test_the_directory_comes_from_the_environment_without_any_other_setting() -> None:
    assert checked(CONFIG_DIR=str(COMPANY)).exit_code == 0


def test_a_mistake_shows_its_place_the_line_and_a_caret(folder: Path) -> None:
    answer = checked(folder)

    line = next(
        number
        for number, text in enumerate((folder / "routing.yaml").read_text().splitlines(), 1)
        if "internationale" in text
    )
    assert answer.exit_code == 1
    assert f"routing.yaml:{line}:" in answer.output
    assert "internationale" in answer.output
    assert "^" in answer.output
    assert "These files cannot go live." in answer.output


def test_machines_read_the_mistakes_as_json(folder: Path) -> None:
    answer = checked(folder, "--json")

    found = json.loads(answer.output)
    assert answer.exit_code == 1
    assert found["ok"] is False
    assert {"file", "line", "column", "severity", "message"} <= set(found["mistakes"][0])


def test_github_shows_the_mistakes_beside_their_lines(folder: Path) -> None:
    answer = checked(folder, "--format", "github")

    assert answer.exit_code == 1
    assert answer.output.startswith("::error file=")
    assert f"{folder.name}/routing.yaml,line=" in answer.output


def test_a_directory_that_is_not_there_is_a_misuse(tmp_path: Path) -> None:
    answer = checked(tmp_path / "nowhere")

    assert answer.exit_code == 2
    assert "There is no directory" in answer.output


def test_code_scanning_reads_the_mistakes_as_sarif(folder: Path) -> None:
    answer = checked(folder, "--format", "sarif")

    (run,) = json.loads(answer.output)["runs"]
    result = next(one for one in run["results"] if one["level"] == "error")
    place = result["locations"][0]["physicalLocation"]
    assert answer.exit_code == 1
    assert json.loads(answer.output)["version"] == "2.1.0"
    assert place["artifactLocation"]["uri"].endswith("config/routing.yaml")
    assert place["region"]["startLine"] > 1
    assert "internationale" in result["message"]["text"]


def test_good_files_are_an_empty_sarif_log() -> None:
    answer = checked(COMPANY, "--format", "sarif")

    assert answer.exit_code == 0
    assert json.loads(answer.output)["runs"][0]["results"] == []
