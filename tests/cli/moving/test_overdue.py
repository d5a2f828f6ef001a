"""`router overdue`: whose leads are late, and what happens to them next."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from router.routing.followup.watch import watch_leads
from router.routing.portal.services import Services
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from tests.world.command_line import RouteNow, Run
from tests.world.rule_folders import CATALOG, MANAGERS, SMALL, WATCHED
from tests.world.time import Clock


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Small rules whose leads are due in four hours and taken away in eight."""
    folder = tmp_path / "config"
    shutil.copytree(SMALL, folder)
    shutil.copy(CATALOG, folder)
    routing = WATCHED.replace("{after: 150%", "{after: 200%")
    (folder / "routing.yaml").write_text(routing)
    (folder / "team.yaml").write_text((SMALL / "team.yaml").read_text() + MANAGERS)
    return {**environ, "CONFIG_DIR": str(folder)}


@pytest.fixture
def late(sandbox: SandboxClient, services: Services, route_now: RouteNow, clock: Clock) -> str:
    """A lead that has been due for an hour."""
    (contact_id,) = sandbox.create_exactly([{"email": "a@acier.fr", "jobtitle": "Directeur"}])
    route_now([contact_id])
    for hours in (0.01, 5):
        clock.forward(hours * 3600)
        verify_owners(services)
        watch_leads(services)
    return contact_id


def test_an_overdue_lead_is_listed_with_what_comes_next(run: Run, late: str) -> None:
    told = run("overdue")
    (lead,) = json.loads(run("overdue", "--json").stdout)

    assert told.exit_code == 0, told.stderr
    assert "1 overdue lead." in told.stdout
    assert "camille" in told.stdout
    assert max(len(line) for line in told.stdout.splitlines()) <= 80
    assert (lead["contact_id"], lead["rep"], lead["team"], lead["next"]) == (
        late,
        "camille",
        "idf",
        "reassign",
    )
    assert lead["due_at"].endswith("+00:00")


def test_a_team_narrows_the_list_and_one_that_there_is_not_is_misuse(run: Run, late: str) -> None:
    assert late in run("overdue", "--team", "idf").stdout
    wrong = run("overdue", "--team", "idff")

    assert wrong.exit_code == 2
    assert "Did you mean 'idf'?" in wrong.stderr


def test_nobody_is_late(run: Run, services: Services) -> None:
    answer = run("overdue")

    assert (answer.exit_code, answer.stdout) == (0, "No lead is overdue.\n")
    assert json.loads(run("overdue", "--json").stdout) == []
