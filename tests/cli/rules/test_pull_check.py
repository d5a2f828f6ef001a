"""What `router pull --check` answers."""

from __future__ import annotations

import json
from pathlib import Path

import redis

from router.sandbox.http.client import SandboxClient
from router.store.health.vitals import Vitals
from router.store.keys import Keys
from tests.world.command_line import Run
from tests.world.portal import PORTAL

HUGO = "71480102"


def test_a_portal_that_changed_nothing_is_fine(run: Run) -> None:
    told = run("pull", "--check")

    assert told.exit_code == 0
    assert told.stdout == "The portal has changed nothing that touches a rule.\n"


def test_an_owner_who_left_is_told_with_the_line_that_names_them(
    run: Run, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    sandbox.archive_owner(HUGO)

    told, facts = run("pull", "--check"), json.loads(run("pull", "--check", "--json").stdout)

    assert told.exit_code == 1
    assert told.stdout.startswith("The portal has changed 1 thing that a rule depends on:\n  team.yaml:")
    assert "hugo.petit@acme.fr" in told.stdout
    assert facts["drift"] == list(Vitals(redis_client, Keys(PORTAL)).read().drift)


def test_checking_writes_no_file(run: Run, tmp_path: Path) -> None:
    run("pull", "--check", "--out", str(tmp_path / "catalog.json"))

    assert not (tmp_path / "catalog.json").exists()
