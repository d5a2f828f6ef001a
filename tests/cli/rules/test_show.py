"""`router show` as a manager and a new hire use it."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from router.cli.rules.show import show
from tests.world.rule_folders import COMPANY


def shown(*arguments: str | Path) -> Result:
    environ = {"CONFIG_DIR": str(COMPANY), "COLUMNS": "80"}
    return CliRunner(env=environ).invoke(show, [str(one) for one in arguments])


def test_the_tree_has_segments_rules_and_teams() -> None:
    answer = shown("--language", "en")

    assert answer.exit_code == 0
    for words in ("Who gets which lead", "Grands comptes", "routing.yaml:", "15 min", "camille\u00a050%"):
        assert words in answer.output
    assert max(map(len, answer.output.splitlines())) <= 80


def test_the_tree_speaks_the_language_of_the_rules() -> None:
    assert "Qui reçoit quel lead" in shown().output


def test_a_document_is_written_as_markdown_and_html(tmp_path: Path) -> None:
    answer = shown("--doc", "fr", "--out", tmp_path / "public")

    assert answer.exit_code == 0
    page = (tmp_path / "public" / "policy.fr.html").read_text("utf-8")
    assert '<html lang="fr">' in page
    assert "Les équipes et leurs parts" in page
    assert "# Qui reçoit quel lead" in (tmp_path / "public" / "policy.fr.md").read_text("utf-8")


def test_without_a_place_the_markdown_goes_to_standard_output() -> None:
    assert shown("--doc", "en").output.startswith("# Who gets which lead\n")


def test_a_place_without_a_document_is_misuse(tmp_path: Path) -> None:
    assert shown("--out", tmp_path).exit_code == 2


def test_the_tree_says_how_a_team_shares(tmp_path: Path) -> None:
    shutil.copytree(COMPANY, tmp_path / "config")
    team = (tmp_path / "config" / "team.yaml").read_text("utf-8")
    special = "{reps: [sophie, nadia], fair_by: value, time_off: {catch_up: 300}}"
    changed = team.replace("est:            [sophie, nadia]", f"est: {special}")
    changed = changed.replace(
        "[yann, nadia]", "{reps: [yann, nadia], time_off: catch_up, weights: performance}"
    )
    (tmp_path / "config" / "team.yaml").write_text(changed, "utf-8")

    environ = {"CONFIG_DIR": str(tmp_path / "config"), "COLUMNS": "200"}
    tree = CliRunner(env=environ).invoke(show, ["--language", "en"]).output

    assert "nadia\u00a050%, shares in points, catches up with 300 points after time off" in tree
    assert "catches up with everything after time off, weights by the results of 90 days" in tree
