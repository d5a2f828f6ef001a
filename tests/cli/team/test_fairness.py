"""What `router fairness` and `router credit` answer."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from router.sandbox.http.client import SandboxClient
from tests.world.command_line import RouteNow, Run
from tests.world.leads import LEAD_OF_THE_SOUTH


@pytest.fixture
def routed(sandbox: SandboxClient, route_now: RouteNow) -> None:
    route_now(sandbox.create_exactly([LEAD_OF_THE_SOUTH for _ in range(9)], announce=False))


@pytest.mark.usefixtures("routed")
def test_everybody_is_told_with_what_was_fair(run: Run) -> None:
    told, facts = run("fairness"), json.loads(run("fairness", "--json").stdout)

    lines = told.stdout.splitlines()
    assert told.exit_code == 0
    assert max(map(len, lines)) <= 80
    assert "Team sud, since" in told.stdout
    assert sum(one["received"] for one in facts["standings"]) == 9
    assert sum(one["fair_share"] for one in facts["standings"]) == pytest.approx(9)
    assert not any(one["beyond"] for one in facts["standings"])


@pytest.mark.usefixtures("routed")
def test_a_rep_sees_why_leads_passed_them_by(run: Run) -> None:
    standing = json.loads(run("fairness", "--team", "sud", "--json").stdout)["standings"][0]

    told = run("fairness", "--rep", standing["rep"])

    assert told.exit_code == 0
    assert f"passed {standing['rep']} by" in told.stdout


@pytest.mark.usefixtures("routed")
def test_the_picture_has_a_line_for_every_rep(run: Run, tmp_path: Path) -> None:
    picture = tmp_path / "fairness.svg"

    told = run("fairness", "--team", "sud", "--plot", str(picture))

    reps = {one["rep"] for one in json.loads(run("fairness", "--team", "sud", "--json").stdout)["standings"]}
    names = set(re.findall(r"<polyline [^>]+><title>(\w+)</title>", picture.read_text()))
    assert told.exit_code == 0
    assert names and names <= reps


def test_nothing_given_yet_is_a_sentence(run: Run) -> None:
    told = run("fairness")

    assert told.exit_code == 0
    assert told.stdout.startswith("No fair share gave a lead since ")


@pytest.mark.parametrize(("option", "says"), [("--team", "There is no team"), ("--rep", "There is no rep")])
def test_names_that_nobody_has_are_misuse(run: Run, option: str, says: str) -> None:
    told = run("fairness", option, "nobody")

    assert told.exit_code == 2
    assert says in told.stderr


@pytest.mark.usefixtures("services")
def test_a_credit_shows_its_plan_asks_and_is_recorded(run: Run) -> None:
    plan = json.loads(run("credit", "nadia", "-1.5", "--team", "sud", "--why", "Absente", "--json").stdout)
    refused = run("credit", "nadia", "-1.5", "--team", "sud", "--why", "Absente")
    done = run("credit", "nadia", "-1.5", "--team", "sud", "--why", "Absente", "--yes")
    again = json.loads(run("credit", "nadia", "+1.5", "--team", "sud", "--why", "Erreur", "--json").stdout)

    assert (plan["done"], plan["credits"]["nadia"]) == (False, {"before": 0.0, "after": -1.5})
    assert refused.exit_code == 1
    assert "Grant this?" in refused.stdout
    assert done.exit_code == 0
    assert done.stdout.endswith("Granted.\n")
    assert again["credits"]["nadia"] == {"before": -1.5, "after": 0.0}


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (
            ("nadia", "two", "--team", "sud", "--why", "x"),
            2,
            "'two' is no number. Write +2, -1 or +0.5.",
        ),
        (("nadia", "1e999", "--team", "sud", "--why", "x"), 2, "is no number"),
        (("nadia", "nan", "--team", "sud", "--why", "x"), 2, "is no number"),
        (("nadia", "+1", "--team", "sud", "--why", " "), 2, "say why in a sentence"),
        (("nadia", "+1", "--team", "nord", "--why", "x"), 1, "there is no team 'nord'"),
        (("zoe", "+1", "--team", "sud", "--why", "x"), 1, "'zoe' is not in the team 'sud'"),
        (("nadia", "+101", "--team", "sud", "--why", "x"), 1, "between -100 and +100"),
    ],
)
@pytest.mark.usefixtures("services")
def test_a_credit_that_makes_no_sense_is_refused(
    run: Run, arguments: tuple[str, ...], exit_code: int, says: str
) -> None:
    told = run("credit", *arguments)

    assert told.exit_code == exit_code
    assert says in told.stderr
