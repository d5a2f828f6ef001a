"""The demo from the outside: one command, every promise kept, nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.cli.demo import SHIPPED

AS_IN_A_TERMINAL = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A test run in the background of a shell inherits that Ctrl-C is ignored."""
DEMO = [sys.executable, "-c", f"{AS_IN_A_TERMINAL}; from router.cli import main; main()", "demo"]


@pytest.fixture
def environ() -> Iterator[dict[str, str]]:
    """An environment whose settings the demo must not touch, and a place of its own for what it makes.

    Afterwards that place is empty, and no process knows it any more.
    """
    place = Path(tempfile.mkdtemp())  # not tmp_path: its names are too long for a socket
    real = {"REDIS_URL": "redis://127.0.0.1:1/0", "HUBSPOT_BASE_URL": "https://127.0.0.1:1", "PORT": "1"}
    yield {**os.environ, **real, "TMPDIR": str(place)}
    assert list(place.iterdir()) == []
    assert _processes_that_name(place) == []
    place.rmdir()


def test_the_demo_routes_every_contact_and_keeps_every_promise(environ: dict[str, str]) -> None:
    answer = subprocess.run(
        [*DEMO, "--contacts", "60", "--seed", "7", "--json"], env=environ, capture_output=True, text=True
    )

    report = json.loads(answer.stdout)
    assert answer.returncode == 0, answer.stderr
    assert [check["promise"] for check in report["checks"] if not check["ok"]] == []
    assert report["contacts"] == 60
    assert report["checks"][0]["cases"] == 57  # three had an owner from the start
    assert sum(report["counts"]["outcome"].values()) == 57
    assert report["latency_s"]["p95"] < 20  # some wait six seconds for facts that do not come


@pytest.mark.parametrize(
    ("moment", "number"),
    [("Starting", signal.SIGINT), ("Routed", signal.SIGTERM), ("Ctrl-C ends it", signal.SIGINT)],
)
def test_ctrl_c_at_any_moment_leaves_nothing_behind(
    environ: dict[str, str], moment: str, number: signal.Signals
) -> None:
    demo = subprocess.Popen(
        [*DEMO, "--contacts", "40", "--seed", "7", "--stay"],
        env={**environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout is not None
    for line in demo.stdout:
        if moment in line:
            break

    demo.send_signal(number)

    reported, _ = demo.communicate(timeout=30)
    assert "Traceback" not in reported


def _processes_that_name(directory: Path) -> list[str]:
    """Command lines and environments of living processes that mention the directory, but for our own."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # it ended meanwhile, or is another user's
        if os.fsencode(directory) in told and int(process.name) != os.getpid():
            found.append(process.name)
    return found


def test_rule_files_with_mistakes_are_told_before_anything_starts(
    environ: dict[str, str], tmp_path: Path
) -> None:
    shutil.copytree(SHIPPED, tmp_path / "config")
    (tmp_path / "config" / "routing.yaml").write_text("rules: []\n")

    answer = subprocess.run(
        [*DEMO, "--config", str(tmp_path / "config")], env=environ, capture_output=True, text=True
    )

    assert answer.returncode == 1
    assert "See: router check" in answer.stderr


def test_a_contact_that_is_not_as_decided_fails_the_demo_and_shows_every_log(environ: dict[str, str]) -> None:
    meddle = (
        "import router.cli.demo as demo; settle = demo.let_it_settle\n"
        "def meddled(stage):\n"
        "    settle(stage)\n"
        "    taken = next(one for one in stage.sandbox.contacts() if one['owner'])\n"
        "    stage.sandbox.edit_by_hand(taken['id'], owner='71480109')\n"
        "demo.let_it_settle = meddled\n"
        "from router.cli import main; main()"
    )

    answer = subprocess.run(
        [sys.executable, "-c", meddle, "demo", "--contacts", "20", "--seed", "7"],
        env=environ,
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 1
    assert "✗ " in answer.stdout
    assert "--- worker-1 ---" in answer.stdout
