"""What `router compare` answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from router.sandbox.http.client import SandboxClient
from tests.world.command_line import Run
from tests.world.rule_folders import COMPANY

RouteNow = Callable[[list[str]], None]
LYON = {"email": "jeanne@boulanger-sa.fr", "zip": "69003", "country": "France", "type_demande": "demo"}
CLAIRE = "71480109"


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    rules = Path(shutil.copytree(COMPANY, tmp_path / "config"))
    routing = rules / "routing.yaml"
    routing.write_text(f"mode: shadow\n{routing.read_text()}")
    return environ | {"CONFIG_DIR": str(rules)}


def test_who_has_the_leads_is_set_beside_who_would(
    run: Run, sandbox: SandboxClient, route_now: RouteNow
) -> None:
    support = LYON | {"type_demande": "support"}
    ids = sandbox.create_exactly([LYON | {"hubspot_owner_id": CLAIRE}, support], announce=False)
    route_now(ids)

    told, facts = run("compare"), json.loads(run("compare", "--json").stdout)

    lines = told.stdout.splitlines()
    assert told.exit_code == 0
    assert lines[0].startswith("50% agree: 1 of 2 leads decided in shadow mode since ")
    assert "Claire Fontaine         1     50%    0      0%" in told.stdout
    assert "1 lead would go elsewhere:" in told.stdout
    assert "France / Sud" in told.stdout
    assert max(map(len, lines)) <= 80
    assert (facts["leads"], facts["same"], facts["agreement"]) == (2, 1, 0.5)
    assert [one["same"] for one in facts["pairs"]] == [False, True]


def test_nothing_to_compare_is_a_sentence_with_the_way_to_begin(run: Run) -> None:
    told = run("compare", "--since", "36h")

    assert told.exit_code == 1
    assert told.stderr.startswith("No lead was decided in shadow mode since ")
    assert "Write 'mode: shadow' into routing.yaml" in told.stderr


def test_a_span_that_is_none_is_misuse(run: Run) -> None:
    told = run("compare", "--since", "yesterday")

    assert told.exit_code == 2
    assert "'yesterday' is no span of time. Write 36h, 7d or 2w." in told.stderr
