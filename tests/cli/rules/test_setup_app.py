"""`router setup --app`, and what `router check` says of the app in the folder of the rules."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from router.cli.commands import router
from router.hubspot.webhooks.app_file import PLACE as APP
from router.hubspot.webhooks.app_file import read_app_file
from router.hubspot.webhooks.subscriptions import subscriptions_needed
from tests.world.rule_files import policy_of
from tests.world.rule_folders import COMPANY
from tests.world.time import Clock

SHIPPED = Path(__file__).parents[3] / "config" / APP
PLAIN = read_app_file(SHIPPED.read_bytes()).rewritten(subscriptions_needed(policy_of()))
"""An app that knows nothing of `settle`."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rules with `settle`, and an app that knows nothing of it."""
    shutil.copytree(COMPANY, tmp_path / "config")
    (tmp_path / "config" / APP).parent.mkdir(parents=True)
    (tmp_path / "config" / APP).write_text(PLAIN)
    routing = tmp_path / "config" / "routing.yaml"
    if "\nsettle:" not in routing.read_text():
        routing.write_text(routing.read_text() + "settle: {wait: 20s}\n")
    return tmp_path / "config"


def run(folder: Path, *arguments: str, answer: str = "") -> Result:
    runner = CliRunner(env={"CONFIG_DIR": str(folder), "COLUMNS": "200"})
    return runner.invoke(router, arguments, input=answer, prog_name="router", obj=Clock())


def test_it_shows_what_it_adds_and_writes_it_after_a_yes(folder: Path) -> None:
    told = run(folder, "setup", "--app", answer="y\n")

    assert told.exit_code == 0
    assert "  + object.associationChange contact\n" in told.stdout
    assert "  + object.propertyChange contact country\n" in told.stdout
    assert "Done. To make it count: hs project upload" in told.stdout
    assert run(folder, "setup", "--app").stdout.startswith("Nothing to do: ")


def test_it_writes_nothing_after_a_no(folder: Path) -> None:
    assert run(folder, "setup", "--app", answer="n\n").exit_code == 1
    assert (folder / APP).read_text() == PLAIN


def test_scripts_see_the_plan_and_write_with_yes(folder: Path) -> None:
    shown = json.loads(run(folder, "setup", "--app", "--json").stdout)
    assert (folder / APP).read_text() == PLAIN

    run(folder, "setup", "--app", "--json", "--yes")

    assert (shown["done"], shown["take_out"]) == (False, [])
    assert {"subscriptionType": "object.associationChange", "objectType": "contact", "active": True} in (
        shown["add"]
    )
    assert json.loads(run(folder, "setup", "--app", "--json").stdout)["done"] is True


def test_what_it_cannot_read_is_one_sentence(folder: Path) -> None:
    (folder / APP).write_text("{")
    broken = run(folder, "setup", "--app")
    (folder / APP).unlink()
    missing = run(folder, "setup", "--app")

    assert (broken.exit_code, missing.exit_code) == (1, 1)
    assert f"{folder / APP}: it is not JSON (line 1, column 2). Correct the file" in broken.stderr
    assert f"There is no {folder / APP}. Copy the folder hubspot-app from config/" in missing.stderr


def test_check_warns_of_an_app_that_does_not_fit_the_rules(folder: Path) -> None:
    before = run(folder, "check")
    run(folder, "setup", "--app", "--yes")
    after = run(folder, "check")

    assert before.exit_code == 0
    assert "warning: the app's webhooks are not those of the rules; it lacks: object.associationChange" in (
        before.stdout
    )
    assert "Run: router setup --app" in before.stdout
    assert "hubspot-app" not in after.stdout


def test_check_warns_of_what_no_webhook_tells(folder: Path) -> None:
    run(folder, "setup", "--app", "--yes")
    file = folder / APP
    file.write_text(file.read_text().replace('"notes_last_updated"', '"hs_lastmodifieddate"'))

    told = run(folder, "check")

    assert "HubSpot tells no changes of 'hs_lastmodifieddate', and may refuse the app" in told.stdout
    assert "it lacks: notes_last_updated" in told.stdout


def test_check_says_nothing_of_an_app_that_is_not_there(folder: Path) -> None:
    shutil.rmtree(folder / "hubspot-app")

    assert "hubspot-app" not in run(folder, "check").stdout


def test_check_says_that_an_app_cannot_be_read(folder: Path) -> None:
    (folder / APP).write_text("[]")

    told = run(folder, "check")

    assert "warning: the app's webhooks cannot be read: it has no 'config'" in told.stdout
    assert (
        "Correct the file, or copy it from config/." in told.stdout
    )  # setup --app does not write such a file
    assert told.exit_code == 0
