"""The command as a stranger meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from router.cli.commands import COMMANDS, router
from tests.world.command_line import Run
from tests.world.slow_start import loading


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = router.get_command(click.Context(router), name)  # type: ignore[attr-defined]

    assert command is not None
    assert command.help
    assert f"router {name}" in (command.epilog or "")


def test_checking_rules_loads_neither_hubspot_nor_redis_nor_sql() -> None:
    heavy = "{'hubspot', 'rq', 'redis', 'sqlalchemy', 'rich', 'flask'}"
    program = f"import sys, router.cli.commands, router.cli.rules.check; print({heavy} & set(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "set()"


def test_an_unknown_command_is_a_misuse(run: Run) -> None:
    assert run("chek").exit_code == 2


def test_missing_settings_are_all_named_without_a_traceback(run: Run) -> None:
    answer = run("health", HUBSPOT_ACCESS_TOKEN="", HUBSPOT_PORTAL_ID="")

    assert answer.exit_code == 2
    assert "HUBSPOT_ACCESS_TOKEN is not set." in answer.stderr
    assert "HUBSPOT_PORTAL_ID is not set." in answer.stderr


def test_redis_that_is_down_is_a_sentence_with_a_remedy(run: Run) -> None:
    answer = run("parked", REDIS_URL="redis://127.0.0.1:1/0")

    assert answer.exit_code == 1
    assert "Redis does not answer" in answer.stderr
    assert "correct REDIS_URL" in answer.stderr


def test_redis_that_reads_its_data_is_a_sentence(run: Run, tmp_path: Path) -> None:
    with loading(tmp_path / "slow") as server:
        command = run("parked", REDIS_URL=server.url)
        health = run("health", REDIS_URL=server.url)

    assert (command.exit_code, health.exit_code) == (1, 1)
    assert (
        command.stderr == "Redis reads its data after a start and takes nothing yet. Try again in a moment.\n"
    )
    assert health.stderr.startswith("Redis reads its data after a start, ")


def test_a_token_that_hubspot_refuses_is_a_sentence_with_a_remedy(run: Run) -> None:
    answer = run("setup", HUBSPOT_ACCESS_TOKEN="pat-somebody-elses")

    assert answer.exit_code == 1
    assert "Check HUBSPOT_ACCESS_TOKEN" in answer.stderr
    assert "pat-somebody-elses" not in answer.output


def test_a_ledger_that_is_down_is_a_sentence_with_a_remedy(run: Run) -> None:
    answer = run("explain", "501", DATABASE_URL="postgresql://nobody:a-password@127.0.0.1:1/none")

    assert answer.exit_code == 1
    assert "correct DATABASE_URL" in answer.stderr
    assert "a-password" not in answer.output
