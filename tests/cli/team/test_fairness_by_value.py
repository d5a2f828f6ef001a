"""What `router fairness` and `router credit` say of a team that shares points instead of leads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from router.sandbox.http.client import SandboxClient
from tests.world.command_line import RouteNow, Run
from tests.world.leads import LEAD_OF_THE_SOUTH
from tests.world.rule_folders import COMPANY


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    config = tmp_path / "config"
    shutil.copytree(COMPANY, config)
    team = (config / "team.yaml").read_text("utf-8")
    by_value = team.replace("[nadia, ines, yann]", "{reps: [nadia, ines, yann], fair_by: value}")
    (config / "team.yaml").write_text(by_value, "utf-8")
    return {**environ, "CONFIG_DIR": str(config)}


@pytest.fixture
def routed(sandbox: SandboxClient, route_now: RouteNow) -> None:
    route_now(sandbox.create_exactly([LEAD_OF_THE_SOUTH for _ in range(9)], announce=False))


@pytest.mark.usefixtures("routed")
def test_shares_and_differences_are_told_in_points(run: Run, tmp_path: Path) -> None:
    told = run("fairness", "--team", "sud", "--plot", str(tmp_path / "sud.svg"))
    standings = json.loads(run("fairness", "--team", "sud", "--json").stdout)["standings"]

    assert told.exit_code == 0
    *lines, drawn = told.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert drawn == f"Drawn: {tmp_path / 'sud.svg'}"
    assert ", by points of score" in told.stdout
    assert {one["unit"] for one in standings} == {"points"}
    assert sum(one["fair_share"] for one in standings) == pytest.approx(
        sum(one["value"] for one in standings)
    )
    assert "Team sud, in points" in (tmp_path / "sud.svg").read_text("utf-8")


@pytest.mark.usefixtures("routed")
def test_a_grant_is_of_points(run: Run) -> None:
    told = run("credit", "ines", "+150", "--team", "sud", "--why", "Deux doublons", "--yes")
    facts = json.loads(run("credit", "ines", "+1", "--team", "sud", "--why", "x", "--json").stdout)

    assert told.exit_code == 0
    assert "Credits of the team sud, in points" in told.stdout
    moved = facts["credits"]["ines"]
    assert (facts["unit"], round(moved["after"] - moved["before"], 6)) == ("points", 1)
    assert run("credit", "ines", "+101", "--team", "idf", "--why", "x", "--yes").exit_code != 0


@pytest.mark.usefixtures("routed")
def test_who_is_too_far_away_is_told_with_the_unit(run: Run) -> None:
    run("credit", "ines", "+900", "--team", "sud", "--why", "Deux doublons", "--yes")

    told = run("fairness", "--team", "sud")

    assert told.exit_code == 1
    assert "points behind in sud: more than" in told.stdout
