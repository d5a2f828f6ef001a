"""What `router revisions` answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from tests.world.command_line import Run
from tests.world.rule_folders import COMPANY

RouteNow = Callable[[list[str]], None]
LYON = {"email": "jeanne@boulanger-sa.fr", "zip": "69003", "country": "France", "type_demande": "demo"}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return Path(shutil.copytree(COMPANY, tmp_path / "config"))


@pytest.fixture
def environ(environ: dict[str, str], rules: Path) -> dict[str, str]:
    return environ | {"CONFIG_DIR": str(rules)}


def change(rules: Path, file: str, old: str, new: str) -> None:
    text = (rules / file).read_text()
    assert old in text
    (rules / file).write_text(text.replace(old, new, 1))


@pytest.fixture
def changed(services: Services, rules: Path, sandbox: SandboxClient, route_now: RouteNow) -> tuple[str, str]:
    """Two revisions: one that decided a lead, and one that lets hugo have more leads."""
    first = services.rules.policy().revision
    route_now(sandbox.create_exactly([LYON], announce=False))
    change(rules, "team.yaml", "max_open_leads: 80", "max_open_leads: 90")
    services.rules.refresh()
    return first, services.rules.policy().revision


def test_revisions_are_listed_newest_first_with_what_changed(run: Run, changed: tuple[str, str]) -> None:
    told = run("revisions")

    first, second = changed
    lines = told.stdout.splitlines()
    assert told.exit_code == 0
    assert lines[0].startswith(f"{second}  since ")
    assert lines[0].endswith("0 decisions  live now")
    assert lines[1] == "  ~ rep hugo: max open leads 80 → 90"
    assert lines[2].startswith(first)
    assert lines[2].endswith("1 decision")
    assert lines[3] == "  the first rules"
    assert max(map(len, lines)) <= 80


def test_revisions_are_facts_for_machines(run: Run, changed: tuple[str, str]) -> None:
    facts = json.loads(run("revisions", "--json").stdout)

    assert [(one["revision"], one["decisions"]) for one in facts] == [(changed[1], 0), (changed[0], 1)]
    assert facts[0]["changes"] == ["~ rep hugo: max open leads 80 → 90"]


def test_a_revision_is_shown_with_the_lines_it_changed(run: Run, changed: tuple[str, str]) -> None:
    told = run("revisions", "show", changed[1][:6])

    assert told.exit_code == 0
    assert "--- before/team.yaml" in told.stdout
    assert "max_open_leads: 90" in told.stdout.replace("\n", "")
    assert "routing.yaml" not in told.stdout


def test_a_comment_is_no_change(run: Run, services: Services, rules: Path) -> None:
    change(rules, "team.yaml", "reps:\n", "# nobody else\nreps:\n")
    services.rules.refresh()

    assert run("revisions").stdout.splitlines()[1] == "  only comments or spacing"


def test_a_revision_that_never_was_is_a_sentence(run: Run, changed: tuple[str, str]) -> None:
    told = run("revisions", "show", "zzz")

    assert told.exit_code == 1
    assert told.stderr == "No revision zzz was ever live here. See: router revisions\n"


def test_before_the_first_start_there_are_none(run: Run) -> None:
    assert run("revisions").stdout == "No rules have been live yet. Start the workers: router up\n"
