"""Undo and reroute on the command line: the plan first, then the moves, or a sentence why not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from router.routing.intake.route import route
from router.routing.portal.services import Services
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from tests.world.command_line import Run
from tests.world.leads import OWNERS
from tests.world.rule_folders import CATALOG, RIGHT, SMALL, WRONG


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Small rules, which give everything to Marc by mistake."""
    folder = tmp_path / "config"
    shutil.copytree(SMALL, folder)
    shutil.copy(CATALOG, folder)
    (folder / "routing.yaml").write_text(WRONG)
    return {**environ, "CONFIG_DIR": str(folder)}


@pytest.fixture
def given_away(
    sandbox: SandboxClient,
    services: Services,
    route_now: Callable[[list[str]], None],
    environ: dict[str, str],
) -> tuple[str, list[str]]:
    """The wrong revision, which is live no more, and what it gave to Marc."""
    wrong = services.rules.policy().revision
    ids = sandbox.create_exactly([{"email": f"a{n}@acier.fr", "jobtitle": "Directeur"} for n in range(25)])
    route_now(ids)
    now = services.clock() + timedelta(seconds=4)
    while due := services.store.verify.due(now_ms=int(now.timestamp() * 1000), limit=50):
        services.store.verify.look_again(due, at_ms=services.now_ms())
        verify_owners(services)
    (Path(environ["CONFIG_DIR"]) / "routing.yaml").write_text(RIGHT)
    services.rules.refresh()
    return wrong, ids


def owners(sandbox: SandboxClient, ids: list[str]) -> set[str]:
    return {sandbox.contact(one)["properties"]["hubspot_owner_id"] for one in ids}


def test_undo_shows_its_plan_within_80_columns_and_moves_after_a_yes(
    run: Run, given_away: tuple[str, list[str]], sandbox: SandboxClient, services: Services
) -> None:
    wrong, ids = given_away
    sandbox.edit_by_hand(ids[0], owner=OWNERS["claire"])

    planned = json.loads(run("undo", wrong, "--json").stdout)
    asked = run("undo", wrong)
    before = owners(sandbox, ids[1:])
    done = run("undo", wrong[:8], "--yes")
    route(services, services.store.inbox.take("test"), consumer="test")

    assert (asked.exit_code, done.exit_code) == (1, 0)  # nobody answered the question
    assert len(planned["moves"]) == 24
    assert planned["stay"] == {ids[0]: "a person chose its owner"}
    assert (planned["done"], before) == (False, {OWNERS["marc"]})
    assert max(len(line) for line in asked.stdout.splitlines()) <= 80
    assert "24 leads would move" in asked.stdout
    assert "… and 4 more" in asked.stdout
    assert "1: a person chose its owner" in asked.stdout
    assert "24 leads on the way" in done.stdout
    assert OWNERS["marc"] not in owners(sandbox, ids[1:])


def test_undo_of_a_live_revision_says_what_to_do(run: Run, services: Services) -> None:
    refused = run("undo", services.rules.policy().revision)

    assert refused.exit_code == 1
    assert "is live" in refused.stderr
    assert "git revert" in refused.stderr


def test_reroute_says_that_nothing_would_go_elsewhere(run: Run, services: Services) -> None:
    nothing = run("reroute", "--rule", "otherwise", "--since", "3d")

    assert nothing.exit_code == 1
    assert nothing.stdout == 'No lead that "otherwise" decided would go elsewhere.\n'


def test_a_rule_that_nobody_knows_is_named_with_the_nearest_one(run: Run, services: Services) -> None:
    found = run("reroute", "--rule", "otherwize", "--since", "3d")

    assert found.exit_code == 1
    assert 'No live rule is called "otherwize"' in found.stderr
    assert "otherwise" in found.stderr


def test_reroute_moves_what_another_rule_takes_now(
    run: Run, given_away: tuple[str, list[str]], sandbox: SandboxClient, services: Services
) -> None:
    _, ids = given_away

    done = json.loads(run("reroute", "--rule", "Marc", "--since", "1h", "--yes", "--json").stdout)
    route(services, services.store.inbox.take("test"), consumer="test")

    assert sorted(done["moving"]) == sorted(ids)
    assert {move["rule"] for move in done["moves"]} == {"otherwise"}
    assert owners(sandbox, ids) == {OWNERS["camille"], OWNERS["hugo"], OWNERS["lea"]}
