"""`router schema` as somebody with an editor uses it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from router.cli.rules.schema import schema
from tests.world.rule_folders import COMPANY


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(schema, [str(one) for one in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(COMPANY, tmp_path / "config"))


def test_schemas_are_written_beside_the_rules(folder: Path) -> None:
    answer = run(folder)

    assert answer.exit_code == 0
    assert sorted(path.name for path in (folder.parent / ".schema").iterdir()) == [
        "lists.json",
        "routing.json",
        "scoring.json",
        "team.json",
        "tests.json",
    ]


def test_another_place_can_be_named(folder: Path, tmp_path: Path) -> None:
    run(folder, "--out", tmp_path / "elsewhere")

    assert (tmp_path / "elsewhere" / "routing.json").is_file()
    assert not (folder.parent / ".schema").exists()


def test_a_new_team_makes_the_schemas_stale(folder: Path) -> None:
    run(folder)
    assert run(folder, "--check").exit_code == 0
    team = folder / "team.yaml"
    sdr = "  sdr:            [hugo, ines]\n"
    team.write_text(team.read_text("utf-8").replace(sdr, f"{sdr}  nouvelle:       [marc]\n"), "utf-8")

    answer = run(folder, "--check")

    assert answer.exit_code == 1
    assert "routing.json" in answer.output
    assert "Run: router schema" in answer.output


def test_files_with_mistakes_have_schemas_too(folder: Path) -> None:
    (folder / "routing.yaml").write_text("rules: [", "utf-8")

    assert run(folder).exit_code == 0


def test_a_folder_that_is_none_is_misuse(tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere").exit_code == 2
