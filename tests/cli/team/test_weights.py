"""What `router weights` answers."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from router.routing.portal.services import Services
from tests.world.command_line import Run
from tests.world.records import with_results
from tests.world.rule_folders import COMPANY

WINS = {"camille": (300, 30), "hugo": (300, 30), "lea": (300, 90)}


@pytest.fixture
def by_results(environ: dict[str, str], tmp_path: Path) -> None:
    """The shipped rules, with a team whose weights follow results."""
    config = tmp_path / "config"
    shutil.copytree(COMPANY, config)
    team = config / "team.yaml"
    text = team.read_text()
    line = "  idf:            [camille, hugo, lea]\n"
    assert line in text
    team.write_text(
        text.replace(line, "  idf: {reps: [camille, hugo, lea], weights: performance 180d}\n"), "utf-8"
    )
    environ["CONFIG_DIR"] = str(config)


@pytest.mark.usefixtures("by_results")
def test_evidence_and_factors_are_shown_and_put_in_force_on_demand(run: Run, services: Services) -> None:
    with_results(services, WINS, ago=timedelta(days=60))

    seen = run("weights")
    applied = run("weights", "--apply")
    (facts,) = json.loads(run("weights", "--team", "idf", "--json").stdout)

    lea = facts["reps"][2]
    assert (seen.exit_code, applied.exit_code) == (0, 0)
    assert max(map(len, seen.stdout.splitlines())) <= 80
    assert "Team idf: leads of 180 days, up to 14 days ago" in seen.stdout
    assert "25–35 %" in seen.stdout
    assert "These factors are in force now." in applied.stdout
    assert (lea["rep"], lea["received"], lea["won"]) == ("lea", 300, 90)
    assert lea["factor_in_force"] == lea["factor"] > 1.5
    assert lea["weight_in_force"] == pytest.approx(lea["weight_in_file"] * lea["factor"])


def test_fixed_weights_are_a_sentence_that_says_how_to_change_it(run: Run) -> None:
    told, one = run("weights"), run("weights", "--team", "idf")

    assert told.exit_code == 0
    assert "weights: performance" in told.stdout
    assert one.stdout == "The weights of idf are fixed, as team.yaml says.\n"


def test_a_team_that_nobody_has_is_misuse(run: Run) -> None:
    told = run("weights", "--team", "nord")

    assert told.exit_code == 2
    assert "There is no team 'nord'" in told.stderr
