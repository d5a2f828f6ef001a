"""No text of a stranger steers the terminal of the person who reads an answer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.security.visible import visible
from router.store.shared.availability import Override
from tests.world.command_line import RouteNow, Run
from tests.world.leads import LYON, park
from tests.world.rule_folders import COMPANY

HOSTILE = "x\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp\u2066\u200b\u2028y\x7f"
SPOOF = "x\nAll is well."


def assert_harmless(answer: Result, *, shown: str = "") -> None:
    """Nothing in the answer steers a terminal; the text itself is there, written out."""
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    assert visible(answer.output) == answer.output
    assert shown in "".join(answer.output.split())


def test_values_of_a_form(run: Run, services: Services, sandbox: SandboxClient, route_now: RouteNow) -> None:
    contact = sandbox.create_exactly([{**LYON, "jobtitle": HOSTILE, "zip": HOSTILE}])[0]
    route_now([contact])

    for arguments in (("--why-not", "camille"), ("--json",), ("--why-not", HOSTILE), ()):
        assert_harmless(run("explain", contact, *arguments))


def test_a_reason_that_an_older_version_kept(run: Run, services: Services) -> None:
    now = services.clock()
    override = Override("away", until=now + timedelta(days=1), said_at=now, why=HOSTILE + SPOOF)
    services.people.availability.repository.override("camille", override)

    table, as_json = run("away"), run("away", "--json")

    assert_harmless(table, shown="x\\x1b[2J")
    assert_harmless(as_json)
    assert not [line for line in table.output.splitlines() if line.startswith("All is well")]
    assert HOSTILE + SPOOF in [
        one["override"]["why"] for one in json.loads(as_json.output) if one["override"]
    ]


@pytest.mark.parametrize("why", [HOSTILE, SPOOF, "a\tb", "x" * 501])
@pytest.mark.parametrize(
    "command",
    [
        ("away", "camille", "--until", "2026-12-20", "--why"),
        ("back", "camille", "--until", "2026-12-20", "--why"),
        ("credit", "camille", "+1", "--team", "idf", "--yes", "--why"),
        ("release", "501", "--rep", "camille", "--why"),
    ],
    ids=lambda command: command[0],
)
def test_a_reason_with_control_characters_is_refused(run: Run, command: tuple[str, ...], why: str) -> None:
    answer = run(*command, why)

    assert answer.exit_code == 2
    assert "The reason has" in answer.output
    assert_harmless(answer)


def test_record_ids_of_a_file(run: Run, tmp_path: Path) -> None:
    export = tmp_path / "leads.csv"
    export.write_text(f"Record ID,createdate,{HOSTILE}\n1,2026-11-02 10:00,a\n{HOSTILE},2026-11-02 10:00,a\n")

    answer = run("backtest", "--leads", str(export), "--against", str(COMPANY))

    assert answer.exit_code == 1
    assert "has a Record ID that is no number" in answer.output
    assert_harmless(answer)


def test_labels_of_the_portal(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(COMPANY, folder)
    catalog = json.loads((folder / "hubspot.catalog.json").read_text())
    for properties in (catalog["contact"], catalog["company"]):
        for one in properties:
            one["label"] = HOSTILE
            for option in one.get("options", ()):
                option["label"] = HOSTILE
    (folder / "hubspot.catalog.json").write_text(json.dumps(catalog))

    for command in (("check", "--info"), ("check", "--format", "github"), ("check", "--json"), ("show",)):
        assert_harmless(run(*command, str(folder)))
    assert_harmless(run("pull", "--out", str(folder / "hubspot.catalog.json")))


def test_what_hubspot_says_of_an_error(run: Run, services: Services) -> None:
    park(services, "501", why=HOSTILE + SPOOF)

    table, as_json = run("parked"), run("parked", "--json")

    assert_harmless(table, shown="x\\x1b[2J")
    assert_harmless(as_json)
    assert not [line for line in table.output.splitlines() if line.startswith("All is well")]


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", HOSTILE),
        ("explain", "501", f"--{HOSTILE}"),
        (f"--{HOSTILE}",),
        (HOSTILE,),
        ("explain", "--lead", HOSTILE),
        ("check", HOSTILE),
        ("test", HOSTILE),
        ("overdue", "--rep", HOSTILE),
        ("away", HOSTILE, "--until", HOSTILE),
        ("backtest", "--leads", HOSTILE),
        ("explain", f"zip={HOSTILE}", "--json"),
        ("explain", "zip=\udcff", "--json"),
    ],
    ids=repr,
)
def test_what_was_typed(run: Run, arguments: tuple[str, ...]) -> None:
    assert_harmless(run(*arguments))


def test_the_traceback_of_a_bug(tmp_path: Path) -> None:
    program = (
        "from router.security.printing import guard_tracebacks; guard_tracebacks()\n"
        "from router.security.hidden import hidden; from pydantic import SecretStr\n"
        "hidden.set([SecretStr('geheim-geheim')])\n"
        "raise ValueError('\\x1b[2J at geheim-geheim')"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert r"ValueError: \x1b[2J at **********" in ended.stderr
    assert visible(ended.stderr) == ended.stderr
